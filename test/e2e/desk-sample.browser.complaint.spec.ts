import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page, Request } from 'playwright-core';
import type { ComplaintDetailsView } from '../../sample/03-desk/history.view.js';
import type { PictureView } from '../../sample/03-desk/picture.view.js';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import {
  badges,
  button,
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

describe('A complaint in sample/03-desk in a browser', () => {
  let pages: DeskPages;

  beforeAll(async () => {
    pages = await DeskPages.start({ isSeeded: false });
  });
  afterEach(() => pages.close());
  afterAll(() => pages.stop());

  const refund = (page: Page) => page.getByRole('region', { name: 'Refund' });
  const stateOf = (id: string): unknown => {
    const { simulator, merchant } = pages.desk.simulation;
    return simulator.complaints(merchant).find((one) => one.complaint_id === id)?.complaint_state;
  };
  const reply = async (page: Page, text: string): Promise<void> => {
    await replyBox(page).fill(text);
    await button(page, 'Send reply').click();
    await lastEntry(page).getByText(text).waitFor();
  };

  describe('is completed', () => {
    it('after a question', async () => {
      const { id, words } = await pages.complain({ problem_type: 'OTHERS' });
      const page = await pages.openDesk(id);
      expect(await button(page, 'Mark as completed').isVisible()).toBe(false);
      await reply(page, 'Solved.');

      await button(page, 'Mark as completed').click();
      expect(await dialog(page).textContent()).not.toContain('asks for a refund');
      await dialog(page).getByRole('button', { name: 'Mark as completed' }).click();

      await badges(page).getByText('Completed').waitFor();
      expect(await button(page, 'Mark as completed').isVisible()).toBe(false);
      expect(await focused(page)).toBe('complaint-title');
      // What is done has no deadline.
      expect(await page.locator('.badges [data-due]').count()).toBe(0);
      await button(page, /^Pending/).click();
      await option(page, words).waitFor({ state: 'hidden' });
      await button(page, /^Completed/).click();
      await option(page, words).waitFor();
    });

    it('only after a warning while its refund is undecided', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await reply(page, 'We are looking into it.');

      await button(page, 'Mark as completed').click();
      await dialog(page).getByText('nobody has decided on it yet').waitFor();
      await page.keyboard.press('Escape');
      expect(stateOf(id)).toBe('PROCESSING');
      await button(page, 'Mark as completed').click();
      await dialog(page).getByRole('button', { name: 'Complete anyway' }).click();
      await badges(page).getByText('Completed').waitFor();
      expect(stateOf(id)).toBe('PROCESSED');
    });

    it('without a second attempt when the response was lost', async () => {
      const { id } = await pages.complain({ problem_type: 'OTHERS' });
      const page = await pages.openDesk(id);
      await reply(page, 'Solved.');
      let attempts = 0;
      await page.route('**/complete', async (route) => {
        attempts += 1;
        await route.fetch();
        await route.abort();
      });
      await button(page, 'Mark as completed').click();
      await dialog(page).getByRole('button', { name: 'Mark as completed' }).click();
      await badges(page).getByText('Completed').waitFor();
      await dialog(page).waitFor({ state: 'hidden' });
      expect(attempts).toBe(1);
    });
  });

  describe('with a refund that is asked for', () => {
    it('can be approved for a day, and shows when the refund arrives', async () => {
      const { id } = await pages.complain({ order: { amount: 12_300 } });
      const page = await pages.openDesk(id);
      expect(await refund(page).textContent()).toContain('¥123.00');

      await button(page, 'Approve refund').click();
      await dialog(page).getByText('Approve a refund of ¥123.00?').waitFor();
      await dialog(page)
        .getByLabel('The refund will be started')
        .selectOption('within 3 working days');
      await dialog(page).getByRole('button', { name: 'Approve refund' }).click();
      await refund(page).getByText('the refund is on its way').waitFor();
      await lastEntry(page).getByText('将于3个工作日内退款').waitFor();

      const phone = await pages.open('/simulation/?lang=en');
      await phone.getByLabel('Complaint', { exact: true }).selectOption(id);
      await button(phone, 'WeChat Pay: the refund arrives').click();
      await refund(page).getByText('Refunded in full').waitFor();
      await badges(page).getByText('Refunded in full').waitFor();
    });

    it('can be rejected with a reason, which a closed dialog keeps', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await button(page, 'Reject refund').click();
      expect(await focused(page)).toBe('reject-reason');
      await page.keyboard.type('It was used for a year.');
      await page.keyboard.press('Escape');
      await button(page, 'Reject refund').click();
      expect(await page.getByLabel('Reason').inputValue()).toBe('It was used for a year.');

      pages.desk.simulation.simulator.injectFaults({
        status: 400,
        code: 'INVALID_REQUEST',
        message: '当前单据状态不支持操作',
      });
      const confirm = dialog(page).getByRole('button', { name: 'Reject refund' });
      await confirm.click();
      const alert = dialog(page).getByRole('alert');
      await alert.getByText('The state of the complaint does not allow this.').waitFor();
      expect(await alert.textContent()).toMatch(/当前单据状态不支持操作WeChat Pay request \S+/);
      expect(await alert.textContent()).not.toContain('INVALID_REQUEST');

      await confirm.click();
      await refund(page).getByText('The refund was rejected').waitFor();
      await lastEntry(page).getByText('It was used for a year.').waitFor();
    });

    it('names characters that a reason must not have', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      await button(page, 'Reject refund').click();
      await page.getByLabel('Reason').fill('不行🙅');
      await dialog(page).getByRole('button', { name: 'Reject refund' }).click();
      await dialog(page).getByRole('alert').getByText('rare Chinese characters: 🙅').waitFor();
      await page.keyboard.press('Escape');
      expect(await refund(page).textContent()).toContain('The consumer asks for a refund');
    });

    it('is to be checked after an uncertain decision', async () => {
      const { id } = await pages.complain();
      const page = await pages.openDesk(id);
      pages.desk.simulation.simulator.injectFaults('drop');
      await button(page, 'Approve refund').click();
      await dialog(page).getByRole('button', { name: 'Approve refund' }).click();
      await dialog(page).getByText('The outcome is unknown').waitFor();
      expect(await refund(page).textContent()).toContain('The consumer asks for a refund');
    });
  });

  it('is not there, which the page says in words', async () => {
    const page = await pages.open('/?lang=en#C-0');
    await page.getByRole('alert').getByText('There is no such complaint.').waitFor();
    expect(await replyBox(page).isVisible()).toBe(false);
  });

  it('shows a phone number to whoever asks, and to nobody else', async () => {
    const { id } = await pages.complain({ payer_phone: '13712345678' });
    const page = await pages.openDesk(id);
    expect(await page.content()).not.toContain('13712345678');

    await button(page, 'Show number').click();

    const link = page.getByRole('link', { name: '13712345678' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('tel:13712345678');
    expect(await focused(page)).toBe('13712345678');
  });

  it('shows the text of a stranger as text', async () => {
    const hostile =
      '<img src=x onerror="globalThis.isTaken=1"><script>globalThis.isTaken=1</script>';
    const { id } = await pages.complain({
      complaint_detail: hostile,
      problem_description: hostile,
      order: { out_trade_no: hostile },
    });
    const { simulator, merchant } = pages.desk.simulation;
    await simulator.sendUserMessage(merchant, id, { text: hostile });

    const page = await pages.openDesk(id);
    const phone = await pages.open('/simulation/?lang=en');
    await phone.getByLabel('Complaint', { exact: true }).selectOption(id);

    expect(await page.locator('#complaint-title').textContent()).toBe(hostile);
    expect(await page.locator('.entry-text').allTextContents()).toEqual([hostile, hostile]);
    expect(await phone.locator('.bubble-text').allTextContents()).toEqual([hostile, hostile]);
    await button(page, 'Canned replies').click();
    await dialog(page).waitFor();
    for (const shown of [page, phone]) {
      expect(await shown.locator('img[src="x"]').count()).toBe(0);
      expect(await shown.evaluate('globalThis.isTaken')).toBeUndefined();
    }
  });

  describe('has pictures', () => {
    /** Opens a complaint whose first entry has these pictures in place of its own. */
    async function openWith(
      id: string,
      picturesOf: (reading: number) => readonly PictureView[],
      hosts: Readonly<Record<string, (request: Request) => boolean>> = {},
    ): Promise<Page> {
      const page = await pages.open('/?lang=en');
      let readings = 0;
      await ready(page);
      await page.route(`**/api/complaints/${id}`, async (route) => {
        const response = await route.fetch();
        const details = (await response.json()) as ComplaintDetailsView;
        const pictures = picturesOf(readings);
        readings += 1;
        const [first, ...others] = details.history;
        await route.fulfill({ json: { ...details, history: [{ ...first, pictures }, ...others] } });
      });
      for (const [pattern, isThere] of Object.entries(hosts)) {
        await page.route(pattern, (route) =>
          isThere(route.request())
            ? route.fulfill({ contentType: 'image/png', body: readPicture('shirt') })
            : route.fulfill({ status: 403, body: '' }),
        );
      }
      await page.goto(`${pages.desk.url}/?lang=en#${id}`);
      await lastEntry(page).waitFor();
      return page;
    }

    it('of the image API, which open in full', async () => {
      const { id } = await pages.complain({ images: [readPicture('mug'), readPicture('shirt')] });
      const page = await pages.openDesk(id);
      expect(await widthsOf(page, '.thumb img')).toEqual([480, 480]);

      await button(page, 'Picture 2 from Consumer').focus();
      await page.keyboard.press('Enter');
      await dialog(page).getByRole('img').waitFor();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.className')).toBe('thumb');
    });

    it('behind links to other hosts, which the browser loads without a referrer', async () => {
      const { id } = await pages.complain();
      const requests: Request[] = [];
      const src = 'https://files.tencent-cloud.example/a.png?sign=q-sign-time%3d1%3b2';
      const page = await openWith(id, () => [{ kind: 'linked', src }], {
        'https://files.tencent-cloud.example/**': (request) => {
          requests.push(request);
          return true;
        },
      });
      expect(await widthsOf(page, '.thumb img')).toEqual([480]);
      await page.locator('.thumb').click();
      await dialog(page).getByRole('img').waitFor();

      expect(requests.map((request) => request.url())).toEqual(expect.arrayContaining([src]));
      for (const request of requests) {
        const headers = await request.allHeaders();
        expect(Object.keys(headers)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/^(?:referer|cookie|authorization)$/)]),
        );
      }
    });

    it('whose links are renewed once by reading the complaint again', async () => {
      const { id } = await pages.complain();
      const page = await openWith(
        id,
        (reading) => [
          { kind: 'linked', src: `https://pictures.example/${reading === 0 ? 'old' : 'new'}.png` },
        ],
        { 'https://pictures.example/*': (request) => request.url().includes('new') },
      );
      await page.locator('.thumb img[src$="new.png"]').waitFor();
      expect(await widthsOf(page, '.thumb img')).toEqual([480]);
    });

    it('that cannot be shown, with a link where there is one', async () => {
      const { id } = await pages.complain();
      const src = 'https://pictures.example/gone.png';
      const page = await openWith(id, () => [{ kind: 'linked', src }, { kind: 'unavailable' }], {
        'https://pictures.example/*': () => false,
      });
      await page.getByText('Its link may have expired.').waitFor();
      const link = page.getByRole('link', { name: 'Open in a new window' });
      expect(await link.getAttribute('href')).toBe(src);
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
      await page.getByText('Picture sent (WeChat Pay offers no download)').waitFor();
    });
  });
});
