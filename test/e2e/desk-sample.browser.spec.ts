import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type RunningDesk, startDesk } from '../../sample/03-desk/simulation/start-desk.js';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import { accessibilityFaults, startBrowser } from '../support/browser.js';

// A browser starts, and waits for what a person would wait for.
jest.setTimeout(30_000);

type Content = NonNullable<Parameters<RunningDesk['simulation']['simulator']['complain']>[1]>;

describe('The pages of sample/03-desk', () => {
  const environment = { ...process.env };
  const pages: Page[] = [];
  /** What no page may say in its console. */
  const faults: string[] = [];
  let desk: RunningDesk;
  let browser: Browser;
  let count = 0;

  beforeAll(async () => {
    [desk, browser] = await Promise.all([startDesk({ nest: { logger: false } }), startBrowser()]);
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
    if (faults.length > 0) throw new Error(faults.splice(0).join('\n'));
  });
  afterAll(async () => {
    process.env = environment;
    await browser.close();
    await desk.app.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      locale: 'en-US',
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    pages.push(page);
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => {
      const text = message.text();
      // An answer that tells of an error is one that the page was meant to get.
      const isFault = message.type() === 'error' && !text.startsWith('Failed to load resource');
      if (isFault || text.includes('Content Security Policy')) faults.push(text);
    });
    await page.goto(`${desk.url}${path}`);
    return page;
  }

  /** The desk, once it hears of what happens. */
  async function openDesk(id = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open(`/?lang=en#${id}`, options);
    await page.getByText('Live', { exact: true }).waitFor();
    if (id !== '') await page.locator('.entry').first().waitFor();
    return page;
  }

  /** Of a complaint that no other test knows: its id, and words that only it has. */
  async function complain(content: Content = {}): Promise<{ id: string; words: string }> {
    count += 1;
    const words = `第 ${count} 个问题`;
    const { simulator, merchant } = desk.simulation;
    const { complaint } = await simulator.complain(merchant, {
      complaint_detail: words,
      problem_description: words,
      ...content,
    });
    return { id: complaint.complaint_id, words };
  }

  const button = (page: Page, name: string): Locator => page.getByRole('button', { name });
  const badges = (page: Page): Locator => page.locator('.badges');
  const lastEntry = (page: Page): Locator => page.locator('.entry').last();
  const focused = (page: Page): Promise<unknown> =>
    page.evaluate('document.activeElement?.id || document.activeElement?.textContent');
  /** Once they have arrived; a picture that is broken never does. */
  const widthsOf = (page: Page, selector: string): Promise<number[]> =>
    page.evaluate(`Promise.all(
      [...document.querySelectorAll('${selector}')].map(async (image) => {
        await image.decode();
        return image.naturalWidth;
      }),
    )`);
  const choosePicture = (page: Page, form: string, name: string): Promise<void> =>
    page
      .locator(`${form} .choice`)
      .filter({ has: page.getByRole('img', { name }) })
      .click();

  it('shows a complaint as soon as a consumer makes it', async () => {
    const page = await openDesk();
    await page.evaluate('globalThis.isTheSamePage = true');
    const phone = await open('/simulation/?lang=en');

    await phone.getByLabel('What is wrong').fill('The lamp came without its shade');
    await phone.getByLabel('Order amount (yuan)').fill('45.5');
    await choosePicture(phone, '#new', 'A cracked mug');
    await button(phone, 'Complain').first().click();

    const card = page.getByRole('link', { name: 'The lamp came without its shade' });
    await card.waitFor();
    expect(await card.textContent()).toContain('¥45.50');
    expect(await card.textContent()).toContain('something new');
    expect(await page.locator('#announcer').textContent()).toContain('New complaint');
    expect(await page.evaluate('globalThis.isTheSamePage')).toBe(true);
    await phone.getByRole('status').getByText('The complaint is filed').waitFor();
  });

  it('is used by keyboard: to the list, into a complaint, and back', async () => {
    const { id, words } = await complain({ images: [readPicture('mug'), readPicture('shirt')] });
    const page = await openDesk();
    const card = page.getByRole('link', { name: words }).first();
    await card.waitFor();

    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the complaints');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('queue-title');
    for (const name of ['All', 'Pending', 'In progress', 'Done']) {
      await page.keyboard.press('Tab');
      expect(await focused(page)).toContain(name);
    }
    await page.keyboard.press('Tab');
    // Newest first, and it is the newest.
    expect(await focused(page)).toContain(words);
    await page.keyboard.press('Enter');

    await page.locator('.entry').first().waitFor();
    expect(await focused(page)).toBe('case-title');
    expect(await page.locator('#case-title').textContent()).toBe(words);
    expect(page.url()).toMatch(new RegExp(`#${id}$`));
    expect(await page.title()).toBe(`${words} · Complaint desk`);
    expect(await lastEntry(page).textContent()).toContain(words);
    expect(await widthsOf(page, '.thumb img')).toEqual([480, 480]);
    expect(await card.getAttribute('aria-current')).toBe('true');

    const thumb = button(page, 'Picture 2 by the Consumer');
    await thumb.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('img').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.className')).toBe('thumb');

    await page.goBack();
    await page.getByText('Choose a complaint').waitFor();
    expect(await focused(page)).toContain(words);
  });

  it('answers, with a picture, and hears the consumer reply', async () => {
    const { id } = await complain();
    const page = await openDesk(id);
    const phone = await open('/simulation/?lang=en');
    await phone.getByLabel('Complaint', { exact: true }).selectOption(id);

    await page.getByLabel('Answer the consumer').fill('We send you another one today.');
    await page
      .getByLabel('Add a picture')
      .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: readPicture('parcel') });
    await button(page, 'a.png, remove').waitFor();
    await button(page, 'Send answer').click();

    await lastEntry(page).getByText('We send you another one today.').waitFor();
    await badges(page).getByText('In progress').waitFor();
    expect(await page.getByLabel('Answer the consumer').inputValue()).toBe('');
    expect(await widthsOf(page, '.entry:last-child img')).toEqual([480]);
    await phone.getByText('We send you another one today.').waitFor();

    await page.getByLabel('Answer the consumer').pressSequentially('Half a sent');
    await phone.getByLabel('Write to the merchant').fill('And when does it come?');
    await choosePicture(phone, '#reply', 'A shirt of another colour');
    await button(phone, 'Send').click();

    await lastEntry(page).getByText('And when does it come?').waitFor();
    await badges(page).getByText('Awaits a reply').waitFor();
    expect(await widthsOf(page, '.entry:last-child img')).toEqual([480]);
    // Whoever was typing goes on typing.
    await page.keyboard.type('ence');
    expect(await page.getByLabel('Answer the consumer').inputValue()).toBe('Half a sentence');
  });

  it('answers a consumer who waits in the chat', async () => {
    const { id } = await complain({ need_immediate_service: true });
    const page = await openDesk(id);
    await badges(page).getByText('Live chat').waitFor();
    await page.getByLabel('Answer the consumer').fill('At your service.');
    await button(page, 'Send answer').click();
    await badges(page).getByText('In progress').waitFor();
    expect(await lastEntry(page).textContent()).toContain('At your service.');
  });

  it('completes a complaint, after asking', async () => {
    const { id, words } = await complain();
    const page = await openDesk(id);
    expect(await button(page, 'Mark as done').isVisible()).toBe(false);
    await page.getByLabel('Answer the consumer').fill('Solved.');
    await button(page, 'Send answer').click();

    await button(page, 'Mark as done').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Mark as done' }).click();

    await badges(page).getByText('Done').waitFor();
    expect(await button(page, 'Mark as done').isVisible()).toBe(false);
    expect(await focused(page)).toBe('case-title');
    await button(page, 'Done').click();
    await page.getByRole('link', { name: words }).first().waitFor();
    await button(page, 'Pending').click();
    expect(await page.getByRole('link', { name: words }).count()).toBe(0);
  });

  it('approves a refund, and hears that it has arrived', async () => {
    const { id } = await complain({ order: { amount: 12_300 } });
    const page = await openDesk(id);
    const panel = page.getByRole('region', { name: 'Refund' });
    expect(await panel.textContent()).toContain('¥123.00');

    await button(page, 'Approve refund').click();
    await page.getByText('Approve ¥123.00').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve refund' }).click();
    await panel.getByText('the money is on its way').waitFor();

    const phone = await open('/simulation/?lang=en');
    await phone.getByLabel('Complaint', { exact: true }).selectOption(id);
    await button(phone, 'WeChat Pay: the refund arrives').click();
    await panel.getByText('The refund has arrived').waitFor();
    await badges(page).getByText('Refunded').waitFor();
  });

  it('refuses a refund with a reason, and says where it goes wrong', async () => {
    const { id } = await complain();
    const page = await openDesk(id);
    await button(page, 'Refuse').click();
    expect(await focused(page)).toBe('question-reason');
    await page.keyboard.type('It was used for a year.');

    const fault = { code: 'NO_AUTH', reason: '无权限', requestId: 'R-1' };
    const answer = { status: 502, json: fault };
    await page.route('**/refund', (route) => route.fulfill(answer), { times: 1 });
    await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click();
    const alert = page.getByRole('dialog').getByRole('alert');
    await alert.getByText('That failed (NO_AUTH)').waitFor();
    expect(await alert.textContent()).toMatch(/无权限.*R-1/);

    await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click();
    await page.getByText('The refund was refused').waitFor();
    await lastEntry(page).getByText('It was used for a year.').waitFor();
  });

  it('keeps what was written when it cannot be sent', async () => {
    const { id } = await complain();
    const page = await openDesk(id);
    await button(page, 'Send answer').click();
    await page.getByRole('alert').getByText('Write something first.').waitFor();
    expect(await focused(page)).toBe('answer');

    await page.getByLabel('Answer the consumer').fill('Not lost');
    await page.context().setOffline(true);
    await button(page, 'Send answer').click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.context().setOffline(false);
    expect(await page.getByLabel('Answer the consumer').inputValue()).toBe('Not lost');
    await button(page, 'Send answer').click();
    await lastEntry(page).getByText('Not lost').waitFor();
  });

  it('says that there is no such complaint', async () => {
    const page = await open('/?lang=en#C-0');
    await page.getByRole('alert').getByText('There is no such complaint').waitFor();
    expect(await page.getByLabel('Answer the consumer').isVisible()).toBe(false);
  });

  it('shows a phone number to whoever asks, and to nobody else', async () => {
    const { id } = await complain({ payer_phone: '13712345678' });
    const page = await openDesk(id);
    expect(await page.content()).not.toContain('13712345678');

    await button(page, 'Show number').click();

    const link = page.getByRole('link', { name: '13712345678' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('tel:13712345678');
    expect(await focused(page)).toBe('13712345678');
  });

  it('changes the language, and keeps the complaint open', async () => {
    const { id, words } = await complain();
    const page = await openDesk(id);
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');

    await page.getByRole('link', { name: '中文' }).click();

    await page.getByRole('heading', { name: '投诉工作台' }).waitFor();
    await page.locator('.entry').first().waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    expect(await page.locator('#case-title').textContent()).toBe(words);
    expect(await page.getByLabel('回复消费者').isVisible()).toBe(true);
    expect(await page.locator('body').textContent()).not.toMatch(/undefined|\{\w+\}/);
  });

  it('speaks the language that the browser is set to', async () => {
    const page = await open('/', { locale: 'zh-CN' });
    await page.locator('.card').first().waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('投诉工作台');
  });

  it('lets the text of a stranger be text', async () => {
    const hostile =
      '<img src=x onerror="globalThis.isTaken=1"><script>globalThis.isTaken=1</script>';
    const { id } = await complain({
      complaint_detail: hostile,
      problem_description: hostile,
      order: { out_trade_no: hostile },
    });
    const { simulator, merchant } = desk.simulation;
    await simulator.sendUserMessage(merchant, id, { text: hostile });

    const page = await openDesk(id);
    const phone = await open('/simulation/?lang=en');
    await phone.getByLabel('Complaint', { exact: true }).selectOption(id);

    expect(await page.locator('#case-title').textContent()).toBe(hostile);
    expect(await page.locator('.entry-text').allTextContents()).toEqual([hostile, hostile]);
    expect(await phone.locator('.bubble-text').allTextContents()).toEqual([hostile, hostile]);
    for (const shown of [page, phone]) {
      expect(await shown.locator('img[src="x"]').count()).toBe(0);
      expect(await shown.evaluate('globalThis.isTaken')).toBeUndefined();
    }
  });

  it('shows one thing at a time on a phone, without scrolling sideways', async () => {
    const { words } = await complain({ complaint_detail: `长${'o'.repeat(200)}` });
    const page = await openDesk('', { viewport: { width: 360, height: 740 } });
    const isTooWide = 'document.documentElement.scrollWidth > innerWidth';
    const list = page.getByRole('heading', { name: 'Complaints' });
    expect(await page.evaluate(isTooWide)).toBe(false);

    await page.getByRole('link', { name: words }).first().click();
    await page.locator('.entry').first().waitFor();
    expect(await list.isVisible()).toBe(false);
    expect(await page.evaluate(isTooWide)).toBe(false);

    await page.getByRole('link', { name: 'Back to the list' }).click();
    await list.waitFor();
    expect(await focused(page)).toContain(words);
    const phone = await open('/simulation/?lang=en', { viewport: { width: 360, height: 740 } });
    await phone.locator('.bubble').first().waitFor();
    expect(await phone.evaluate(isTooWide)).toBe(false);
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it.each(['zh-CN', 'en'])('have no barrier that axe can find, in %s', async (lang) => {
      const { id } = await complain({
        images: [readPicture('mug')],
        need_immediate_service: true,
      });
      const { simulator, merchant } = desk.simulation;
      await simulator.sendUserMessage(merchant, id, { text: '有人吗' });
      await simulator.applyPlatformService(merchant, id);

      const list = await open(`/?lang=${lang}`, { colorScheme });
      await list.locator('.card').first().waitFor();
      expect(await accessibilityFaults(list)).toEqual([]);

      const page = await open(`/?lang=${lang}#${id}`, { colorScheme });
      await page.locator('.thumb img').first().waitFor();
      await page.locator('.composer button[type=submit]').click();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.locator('.refund button').last().click();
      await page.getByRole('dialog').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('.thumb').first().click();
      await page.getByRole('dialog').getByRole('img').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);

      const phone = await open(`/simulation/?lang=${lang}`, { colorScheme });
      await phone.locator('.bubble').first().waitFor();
      expect(await accessibilityFaults(phone)).toEqual([]);
    });
  });
});
