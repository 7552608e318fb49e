import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import {
  badges,
  button,
  choosePicture,
  DeskPages,
  dialog,
  focused,
  lastEntry,
  option,
  ready,
  replyBox,
  widthsOf,
} from '../support/desk-pages.js';

jest.setTimeout(30_000);

const PNG = 'image/png';
const picture = (name: string) => ({ name, mimeType: PNG, buffer: readPicture('mug') });

describe('Replies in sample/03-desk in a browser', () => {
  let pages: DeskPages;

  beforeAll(async () => {
    pages = await DeskPages.start({ isSeeded: false });
  });
  afterEach(() => pages.close());
  afterAll(() => pages.stop());

  const send = (page: Page): Promise<void> => button(page, 'Send reply').click();
  const alert = (page: Page) => page.locator('.composer > .error');
  const attach = (page: Page, ...files: ReturnType<typeof picture>[]): Promise<void> =>
    page.getByLabel('Add pictures').setInputFiles(files);
  const repliesTo = (id: string): unknown[] => {
    const { simulator, merchant } = pages.desk.simulation;
    return simulator
      .complaintHistory(merchant, id)
      .filter(({ operate_type }) => operate_type === 'MERCHANT_RESPONSE')
      .map(({ operate_details }) => operate_details);
  };

  it('are sent with a picture, and the consumer can reply', async () => {
    const { id } = await pages.complain();
    const page = await pages.openDesk(id);
    const phone = await pages.open('/simulation/?lang=en');
    await phone.getByLabel('Complaint', { exact: true }).selectOption(id);

    await replyBox(page).fill('We send you another one today.');
    await attach(page, picture('a.png'));
    await button(page, 'Remove picture a.png').waitFor();
    await send(page);

    await lastEntry(page).getByText('We send you another one today.').waitFor();
    await badges(page).getByText('In progress').waitFor();
    expect(await replyBox(page).inputValue()).toBe('');
    expect(await widthsOf(page, '.entry:last-child img')).toEqual([480]);
    await phone.getByText('We send you another one today.').waitFor();

    await replyBox(page).pressSequentially('Half a sent');
    await phone.getByLabel('Write to the merchant').fill('And when does it come?');
    await choosePicture(phone, '#reply', 'A shirt in the wrong color');
    await button(phone, 'Send').click();

    await lastEntry(page).getByText('And when does it come?').waitFor();
    await badges(page).getByText('Awaiting a reply').waitFor();
    expect(await widthsOf(page, '.entry:last-child img')).toEqual([480]);
    // Whoever was typing goes on typing.
    await page.keyboard.type('ence');
    expect(await replyBox(page).inputValue()).toBe('Half a sentence');
  });

  it('reach a consumer who waits in the chat', async () => {
    const { id } = await pages.complain({ need_immediate_service: true });
    const page = await pages.openDesk(id);
    await badges(page).getByText('Live chat').waitFor();
    await replyBox(page).fill('At your service.');
    await attach(page, picture('a.png'));
    await send(page);
    await badges(page).getByText('In progress').waitFor();
    await lastEntry(page).getByText('At your service.').waitFor();
    // WeChat Pay serves no uploaded picture.
    expect(await lastEntry(page).locator('.pictures').textContent()).toBe(
      'Picture sent (WeChat Pay offers no download)',
    );
  });

  it('appear on the desk of a colleague at once', async () => {
    const { id } = await pages.complain();
    const page = await pages.openDesk(id);
    const colleague = await pages.openDesk(id);
    await replyBox(page).fill('I take this one.');
    await send(page);
    await lastEntry(colleague).getByText('I take this one.').waitFor();
    await badges(colleague).getByText('In progress').waitFor();
    expect(await colleague.locator('.entry').count()).toBe(2);
  });

  it.each(['Control+Enter', 'Meta+Enter'])('are sent by %s', async (keys) => {
    const { id } = await pages.complain();
    const page = await pages.openDesk(id);
    await replyBox(page).fill('By keyboard');
    await page.keyboard.press('Enter');
    await page.keyboard.type('on two lines');
    await page.keyboard.press(keys);
    await lastEntry(page).getByText('By keyboard').waitFor();
    expect(repliesTo(id)).toEqual(['By keyboard\non two lines']);
  });

  it('are not sent by the key that ends the composition of Chinese characters', async () => {
    const { id } = await pages.complain();
    const page = await pages.openDesk(id);
    await replyBox(page).fill('尚未写完');
    await replyBox(page).dispatchEvent('keydown', {
      key: 'Enter',
      ctrlKey: true,
      isComposing: true,
      bubbles: true,
      cancelable: true,
    });
    await replyBox(page).pressSequentially('。');
    await send(page);
    await lastEntry(page).getByText('尚未写完。').waitFor();
    expect(repliesTo(id)).toEqual(['尚未写完。']);
  });

  it('begin with a canned text that names the order', async () => {
    const { id } = await pages.complain({ order: { out_trade_no: 'S-77', amount: 8800 } });
    const page = await pages.openDesk(id);
    await replyBox(page).fill('张先生，');
    await button(page, 'Canned replies').click();
    await dialog(page).getByRole('button', { name: 'The refund is on its way' }).click();
    expect(await replyBox(page).inputValue()).toMatch(/^张先生，您好.*订单 S-77 办理退款 ¥88\.00/);
    expect(await focused(page)).toBe('reply');

    // Leaving the choice changes nothing.
    const before = await replyBox(page).inputValue();
    await button(page, 'Canned replies').click();
    await page.keyboard.press('Escape');
    expect(await replyBox(page).inputValue()).toBe(before);
  });

  describe('that WeChat Pay would not accept', () => {
    it('are not sent when they are empty', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await send(page);
      await alert(page).getByText('Write a reply first.').waitFor();
      expect(await focused(page)).toBe('reply');
    });

    it.each([
      ['emoji and rare characters', '好的😀，𠮷先生', 'and some rare Chinese characters: 😀 𠮷'],
      ['their length', '好'.repeat(501), 'This text has 501 characters. At most 500 are allowed.'],
    ])('name %s while people type', async (_case, text, problem) => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await replyBox(page).fill(text);
      await page.getByRole('status').getByText(problem).waitFor();
      expect(await replyBox(page).getAttribute('aria-invalid')).toBe('true');
      await send(page);
      expect(await focused(page)).toBe('reply');
      expect(await replyBox(page).inputValue()).toBe(text);

      await replyBox(page).fill('好的');
      expect(await replyBox(page).getAttribute('aria-invalid')).toBe('false');
      await send(page);
      await lastEntry(page).getByText('好的').waitFor();
      expect(repliesTo(id)).toEqual(['好的']);
    });

    it("show the library's reason for what the page did not notice", async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await page.route('**/replies', async (route) => {
        const body = { ...(route.request().postDataJSON() as object), text: '好的😀' };
        await route.continue({ postData: JSON.stringify(body) });
      });
      await replyBox(page).fill('好的');
      await send(page);
      await alert(page).getByText('This was not accepted, and nothing was sent.').waitFor();
      await alert(page)
        .getByText('contains U+1F600: WeChat Pay accepts characters of up to 3 bytes')
        .waitFor();
      expect(await alert(page).textContent()).not.toContain('INVALID_ARGUMENT');
      expect(await replyBox(page).inputValue()).toBe('好的');
    });
  });

  describe('that are not sent yet', () => {
    it('survive another complaint, a reload and a closed tab', async () => {
      const { id, words } = await pages.complain();
      const { id: other, words: otherWords } = await pages.complain();
      const page = await pages.openDesk(id);
      await replyBox(page).fill('Not finished');
      await option(page, words).getByText('Draft').waitFor();

      await page.goto(`${pages.desk.url}/?lang=en#${other}`);
      await page.getByRole('heading', { name: otherWords }).waitFor();
      expect(await replyBox(page).inputValue()).toBe('');
      await option(page, words).getByText('Draft').waitFor();
      await option(page, words).click();
      await page.getByRole('heading', { name: words }).waitFor();
      expect(await replyBox(page).inputValue()).toBe('Not finished');

      await page.reload();
      await ready(page, id);
      expect(await replyBox(page).inputValue()).toBe('Not finished');
      const tab = await page.context().newPage();
      await page.close();
      await tab.goto(`${pages.desk.url}/?lang=en#${id}`);
      await ready(tab, id);
      expect(await replyBox(tab).inputValue()).toBe('Not finished');

      await send(tab);
      await lastEntry(tab).getByText('Not finished').waitFor();
      await tab.reload();
      await ready(tab, id);
      expect(await replyBox(tab).inputValue()).toBe('');
      expect(await option(tab, words).textContent()).not.toContain('Draft');
    });

    it('keep their pictures for another complaint, and name them after a reload', async () => {
      const { id, words } = await pages.complain();
      const { words: other } = await pages.complain();
      const page = await pages.openDesk(id);
      await attach(page, picture('crack.png'));
      await button(page, 'Remove picture crack.png').waitFor();
      await option(page, other).click();
      await page.getByRole('heading', { name: other }).waitFor();
      expect(await page.locator('.chip').count()).toBe(0);
      await option(page, words).click();
      await button(page, 'Remove picture crack.png').waitFor();

      await page.reload();
      await ready(page, id);
      await page.getByRole('alert').getByText('Please add again: crack.png').waitFor();
      expect(await page.locator('.chip').count()).toBe(0);
    });

    it('are kept when they cannot be sent', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await replyBox(page).fill('Not lost');
      const { simulator, merchant } = pages.desk.simulation;
      const complaint = simulator.complaints(merchant).find((one) => one.complaint_id === id);
      simulator.injectFaults(
        { status: 200, raw: JSON.stringify(complaint), signed: true },
        { status: 403, code: 'NO_AUTH', message: '您暂无权限为该投诉单提交商户回复' },
      );
      await send(page);
      await alert(page).getByText('WeChat Pay does not allow this merchant').waitFor();
      expect(await alert(page).textContent()).toMatch(
        /您暂无权限为该投诉单提交商户回复WeChat Pay request \S+/,
      );
      expect(await alert(page).textContent()).not.toContain('NO_AUTH');
      expect(await replyBox(page).inputValue()).toBe('Not lost');
      await send(page);
      await lastEntry(page).getByText('Not lost').waitFor();
    });
  });

  describe('whose outcome is uncertain', () => {
    const warning = 'Check the history before you send again.';

    it('are to be checked before they are sent again', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await replyBox(page).fill('Once, please');
      await page.route('**/replies', (route) => route.abort(), { times: 1 });
      await send(page);
      await alert(page).getByText(warning).waitFor();

      // A reload must not hide the warning.
      await page.reload();
      await ready(page, id);
      await alert(page).getByText(warning).waitFor();
      await replyBox(page).focus();
      await page.keyboard.press('Control+Enter');
      await dialog(page).getByText('Check the history before you send it again.').waitFor();
      await dialog(page).getByRole('button', { name: 'Cancel' }).click();
      expect(repliesTo(id)).toEqual([]);

      await send(page);
      await dialog(page).getByRole('button', { name: 'Checked, send again' }).click();
      await lastEntry(page).getByText('Once, please').waitFor();
      expect(repliesTo(id)).toEqual(['Once, please']);
      expect(await alert(page).isVisible()).toBe(false);
    });

    it('count as sent when they are in the history', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await replyBox(page).fill('It arrived');
      await page.route(
        '**/replies',
        async (route) => {
          await route.fetch();
          await route.abort();
        },
        { times: 1 },
      );
      await send(page);
      await lastEntry(page).getByText('It arrived').waitFor();
      await page.locator('#announcer').getByText('The reply was sent').waitFor();
      expect(await replyBox(page).inputValue()).toBe('');
      expect(await alert(page).isVisible()).toBe(false);
    });

    it('include those whose response could not be verified', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      const { simulator, merchant } = pages.desk.simulation;
      const complaint = simulator.complaints(merchant).find((one) => one.complaint_id === id);
      const asItIs = { status: 200, raw: JSON.stringify(complaint), signed: true };
      await replyBox(page).fill('Unsigned');
      simulator.injectFaults(asItIs, 'unsigned');
      await send(page);
      // It took effect, which the history shows.
      await page.locator('#announcer').getByText('The reply was sent').waitFor();
      expect(repliesTo(id)).toEqual(['Unsigned']);

      await replyBox(page).fill('Dropped');
      simulator.injectFaults(asItIs, 'drop');
      await send(page);
      await alert(page).getByText(warning).waitFor();
      expect(await replyBox(page).inputValue()).toBe('Dropped');
    });
  });

  describe('with files', () => {
    it('reject other types when they are chosen, whatever their name says', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await attach(
        page,
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('text') },
        { name: 'virus.png', mimeType: PNG, buffer: Buffer.from('MZ') },
        picture('real.png'),
      );
      const error = page.locator('.attached .error');
      await error.getByText('notes.txt is not a JPG, PNG or BMP picture').waitFor();
      await error.getByText('virus.png is not a JPG, PNG or BMP picture').waitFor();
      expect(await page.locator('.chip').allTextContents()).toEqual(['real.png']);
    });

    it('reject large files when they are chosen', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      const buffer = Buffer.concat([readPicture('mug'), Buffer.alloc(2 * 1024 * 1024)]);
      await attach(page, { name: 'large.png', mimeType: PNG, buffer });
      await page.getByRole('alert').getByText('large.png is larger than 2 MB').waitFor();
      expect(await page.locator('.chip').count()).toBe(0);
    });

    it('reject a fifth picture, and keep the four that are there', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await attach(page, ...['1', '2', '3', '4', '5'].map((name) => picture(`${name}.png`)));
      await page.getByRole('alert').getByText('5.png was not added').waitFor();
      expect(await page.locator('.chip').allTextContents()).toEqual([
        '1.png',
        '2.png',
        '3.png',
        '4.png',
      ]);
      await button(page, 'Remove picture 2.png').click();
      await attach(page, picture('5.png'));
      await button(page, 'Remove picture 5.png').waitFor();
      await replyBox(page).fill('Four of them');
      await send(page);
      await lastEntry(page).locator('img').nth(3).waitFor();
      expect(await page.locator('.chip').count()).toBe(0);
    });

    it('upload each picture once, however often the reply is sent', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      let uploads = 0;
      page.on('request', (request) => {
        if (request.url().endsWith('/api/pictures')) uploads += 1;
      });
      await attach(page, picture('a.png'));
      await replyBox(page).fill('With a picture');
      await page.route('**/replies', (route) => route.fulfill({ status: 409, json: {} }), {
        times: 1,
      });
      await send(page);
      await alert(page).getByText('That failed.').waitFor();
      await send(page);
      await lastEntry(page).locator('img').waitFor();
      expect(uploads).toBe(1);
    });
  });
});
