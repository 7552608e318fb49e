import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  button,
  choosePicture,
  DeskPages,
  dialog,
  focused,
  lastEntry,
  option,
  ready,
} from '../support/desk-pages.js';
import { until } from '../support/until.js';

// A real browser starts, and waits for what a person would wait for.
jest.setTimeout(30_000);

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

describe('The list of sample/03-desk in a browser', () => {
  let pages: DeskPages;

  beforeAll(async () => {
    pages = await DeskPages.start();
  });
  afterEach(() => pages.close());
  afterAll(() => pages.stop());

  const ago = (milliseconds: number): string => new Date(Date.now() - milliseconds).toISOString();
  const titles = (page: Page): Promise<string[]> => page.locator('.card-title').allTextContents();
  const errorBox = (page: Page) => page.locator('#list-error');

  it('shows a complaint as soon as a consumer files it', async () => {
    const page = await pages.openDesk();
    await page.evaluate('globalThis.isTheSamePage = true');
    const phone = await pages.open('/simulation/?lang=en');

    await phone.getByLabel('What is wrong').fill('The lamp came without its shade');
    await phone.getByLabel('Order amount (yuan)').fill('45.5');
    await choosePicture(phone, '#new', 'A cracked mug');
    await button(phone, 'Complain').first().click();

    const card = option(page, 'The lamp came without its shade');
    await card.waitFor();
    expect(await card.textContent()).toContain('¥45.50');
    expect(await card.textContent()).toContain('Unread');
    expect(await page.locator('#announcer').textContent()).toContain('New complaint');
    expect(await page.evaluate('globalThis.isTheSamePage')).toBe(true);
    await phone.getByRole('status').getByText('The complaint was filed').waitFor();
  });

  describe('by keyboard', () => {
    it('is one tab stop, between the filters and the older complaints', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').nth(3).waitFor();
      await page.getByLabel('Sort').focus();

      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe(await page.locator('.card').first().textContent());
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('older');
      expect(await page.locator('.card[tabindex="0"]').count()).toBe(1);
    });

    it('moves with the arrow keys, Home, End, j and k', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').nth(3).waitFor();
      const cards = await page.locator('.card').allTextContents();
      const [first, second] = cards;

      await page.keyboard.press('j');
      expect(await focused(page)).toBe(first);
      for (const [key, expected] of [
        ['j', second],
        ['k', first],
        ['k', first],
        ['ArrowDown', second],
        ['ArrowUp', first],
        ['End', cards.at(-1)],
        ['Home', first],
      ]) {
        await page.keyboard.press(String(key));
        expect(await focused(page)).toBe(expected);
      }
      // Tab comes back to where the reader was.
      await page.keyboard.press('j');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Shift+Tab');
      expect(await focused(page)).toBe(second);
    });

    it.each(['Enter', ' '])('opens a complaint with the key "%s", and leaves it', async (key) => {
      const { id, words } = await pages.complain();
      const page = await pages.openDesk();
      await option(page, words).focus();

      await page.keyboard.press(key);
      await page.locator('.entry').first().waitFor();
      expect(await focused(page)).toBe('complaint-title');
      expect(await page.locator('#complaint-title').textContent()).toBe(words);
      expect(page.url()).toMatch(new RegExp(`#${id}$`));
      expect(await page.title()).toMatch(new RegExp(`${words} · Complaint desk$`));
      expect(await option(page, words).getAttribute('aria-selected')).toBe('true');

      await page.keyboard.press('Escape');
      expect(await focused(page)).toContain(words);
      await page.goBack();
      await page.getByText('Choose a complaint').waitFor();
      expect(await focused(page)).toContain(words);
      expect(await page.locator('[aria-selected=true]').count()).toBe(0);
    });

    it('is reached by the link that skips the bar, and by the search key', async () => {
      const { words } = await pages.complain();
      const page = await pages.openDesk();
      await option(page, words).waitFor();
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('Skip to the list of complaints');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.role')).toBe('option');
      await page.keyboard.press('/');
      expect(await focused(page)).toBe('search');
      // A text field takes these keys as text.
      await page.keyboard.type('jk/?');
      expect(await page.getByLabel('Search complaints').inputValue()).toBe('jk/?');
    });

    it('explains its single keys, and switches them off for good', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').nth(1).waitFor();
      await page.keyboard.press('?');
      await dialog(page).getByText('Next and previous complaint').waitFor();
      await page.getByLabel('Use single-key shortcuts').uncheck();
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      await dialog(page).waitFor({ state: 'hidden' });

      await page.reload();
      await ready(page);
      await page.locator('.card').first().focus();
      await page.keyboard.press('j');
      expect(await focused(page)).toBe(await page.locator('.card').first().textContent());
      // These are no single characters.
      await page.keyboard.press('ArrowDown');
      expect(await focused(page)).toBe(await page.locator('.card').nth(1).textContent());
    });

    it('keeps the focus when other complaints move around it', async () => {
      const { id, words } = await pages.complain();
      const page = await pages.openDesk();
      await page.getByLabel('Sort').selectOption('Newest first');
      await option(page, words).focus();

      const { words: newer } = await pages.complain();
      await option(page, newer).waitFor();
      expect(await focused(page)).toContain(words);
      const { simulator, merchant } = pages.desk.simulation;
      await simulator.sendUserMessage(merchant, id, { text: '有人吗' });
      await option(page, words).getByText('Awaiting a reply').waitFor();
      expect(await focused(page)).toContain(words);

      // It is filtered out, so its neighbor gets the focus.
      await page.evaluate(`document.querySelector('.state[data-state=PROCESSED]').click()`);
      await option(page, words).waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.role')).toBe('option');
    });
  });

  it('searches numbers and texts', async () => {
    const { id, words } = await pages.complain({
      order: { out_trade_no: 'LAMP-2026-77' },
      complaint_detail: '灯罩和底座都碎了',
    });
    await pages.complain();
    const page = await pages.openDesk();
    await option(page, words).waitFor();

    for (const search of ['lamp-2026', id, '灯罩', '底座 lamp']) {
      await page.getByLabel('Search complaints').fill(search);
      expect(await titles(page)).toEqual([words]);
      expect(await page.locator('#announcer').textContent()).toBe('Complaints shown: 1');
    }
    await page.getByLabel('Search complaints').fill('no such words');
    await page.getByText('No complaint matches.').waitFor();
    expect(await page.getByRole('listbox').isVisible()).toBe(false);
  });

  it('opens a complaint that is not loaded by its number', async () => {
    const { id, words } = await pages.complain({ complaint_time: ago(50 * DAY) });
    const page = await pages.openDesk();
    await page.locator('.card').first().waitFor();
    await page.getByLabel('Search complaints').fill(id);
    await page.getByRole('link', { name: `Open complaint ${id}` }).click();
    await lastEntry(page).waitFor();
    expect(await page.locator('#complaint-title').textContent()).toBe(words);
  });

  it('filters by state, deadline and what is unread', async () => {
    const { words: overdue } = await pages.complain({ complaint_time: ago(30 * HOUR) });
    const page = await pages.openDesk();
    await option(page, overdue).waitFor();
    const { words: unread } = await pages.complain();
    await option(page, unread).waitFor();

    await page.getByLabel('Filter', { exact: true }).selectOption('Due soon or overdue');
    expect(await titles(page)).toContain(overdue);
    expect(await titles(page)).not.toContain(unread);
    await page.getByLabel('Filter', { exact: true }).selectOption('Unread');
    expect(await titles(page)).toEqual([unread]);
    await page.getByLabel('Filter', { exact: true }).selectOption('All complaints');
    await button(page, /^Completed/).click();
    expect(await button(page, /^Completed/).getAttribute('aria-pressed')).toBe('true');
    expect(await titles(page)).not.toContain(unread);
    await button(page, /^Pending/).click();
    expect(await titles(page)).toEqual(expect.arrayContaining([overdue, unread]));
  });

  it('sorts by deadline, says the time left in words, and counts in the title', async () => {
    const { words: far } = await pages.complain({ complaint_time: ago(HOUR) });
    const { words: soon } = await pages.complain({ complaint_time: ago(20.75 * HOUR) });
    const { words: over } = await pages.complain({ complaint_time: ago(25.25 * HOUR) });
    const page = await pages.openDesk();
    await page.getByLabel('Search complaints').fill('第');
    await page.getByLabel('Sort').selectOption('By deadline');
    const shown = (await titles(page)).filter((title) => [far, soon, over].includes(title));
    expect(shown).toEqual([over, soon, far]);

    const due = async (words: string) => {
      const badge = option(page, words).locator('[data-due]');
      return [await badge.getAttribute('data-due'), await badge.textContent()];
    };
    expect(await due(far)).toEqual(['later', expect.stringMatching(/^Reply within 2[23] hr$/)]);
    expect(await due(soon)).toEqual(['soon', expect.stringMatching(/^Reply within 3 hr \d+ min$/)]);
    expect(await due(over)).toEqual([
      'overdue',
      expect.stringMatching(/^Reply overdue by 1 hr \d+ min$/),
    ]);
    const count = /^\((\d+)\) Complaint desk$/.exec(await page.title())?.[1];
    expect(Number(count)).toBeGreaterThanOrEqual(2);
    await page.getByText(`${count} due soon or overdue`, { exact: true }).waitFor();

    await page.getByLabel('Sort').selectOption('Newest first');
    await page.reload();
    await ready(page);
    expect(await page.getByLabel('Sort').inputValue()).toBe('newest');
  });

  it('loads older complaints, part by part', async () => {
    const { words } = await pages.complain({ complaint_time: ago(40 * DAY) });
    const { words: oldest } = await pages.complain({ complaint_time: ago(70 * DAY) });
    const page = await pages.openDesk();
    await page.locator('.card').first().waitFor();
    expect(await titles(page)).not.toContain(words);

    await button(page, 'Load older complaints').click();
    await option(page, words).waitFor();
    expect(await titles(page)).not.toContain(oldest);
    await button(page, 'Load older complaints').click();
    await option(page, oldest).waitFor();
    expect(await focused(page)).toBe('older');
    const begin = new Date(Date.now() + 8 * HOUR - 89 * DAY).toISOString().slice(0, 10);
    await page.getByText(`Complaints since ${begin} are loaded`).waitFor();

    // They stay when the latest ones are loaded again.
    const { words: newest } = await pages.complain();
    await option(page, newest).waitFor();
    expect(await titles(page)).toEqual(expect.arrayContaining([newest, words, oldest]));
  });

  it('says when older complaints cannot be loaded, and tries again', async () => {
    const page = await pages.openDesk();
    await page.locator('.card').first().waitFor();
    await page.route('**/api/complaints?end=*', (route) => route.abort(), { times: 1 });
    await button(page, 'Load older complaints').click();
    await errorBox(page).getByText('The server of the desk cannot be reached.').waitFor();
    const range = page.locator('#list-range');
    const before = await range.textContent();
    await errorBox(page).getByRole('button', { name: 'Try again' }).click();
    await range.getByText(/Loaded back to|since/).waitFor();
    await until(async () => (await range.textContent()) !== before);
    expect(await errorBox(page).isVisible()).toBe(false);
  });

  it('says how many complaints could not be read', async () => {
    const { simulator, merchant } = pages.desk.simulation;
    const [complaint] = simulator.complaints(merchant);
    const raw = JSON.stringify({ data: [complaint, {}], limit: 50, offset: 0, total_count: 2 });
    simulator.injectFaults({ status: 200, raw, signed: true });
    const page = await pages.openDesk();
    await page.getByText('Complaints that cannot be read: 1.').waitFor();
    expect(await page.locator('.card').count()).toBe(1);
  });

  describe('what is unread', () => {
    it('survives a reload, until it is opened', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').first().waitFor();
      const { words } = await pages.complain();
      await option(page, words).getByText('Unread').waitFor();

      await page.reload();
      await ready(page);
      await option(page, words).getByText('Unread').waitFor();
      await option(page, words).click();
      await lastEntry(page).waitFor();
      await page.reload();
      await ready(page);
      expect(await option(page, words).textContent()).not.toContain('Unread');
    });

    it('includes what was filed while the desk was closed', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').first().waitFor();
      expect(await page.locator('.card .dot').count()).toBe(0);
      await page.goto('about:blank');
      // Times of complaints have whole seconds.
      const { words } = await pages.complain({ complaint_time: ago(-2000) });

      await page.goto(`${pages.desk.url}/?lang=en`);
      await ready(page);
      expect(await page.locator('.card:has(.dot) .card-title').allTextContents()).toEqual([words]);
    });
  });

  describe('when the complaints cannot be loaded', () => {
    it('shows why, and neither "no complaints" nor "live"', async () => {
      pages.desk.simulation.simulator.injectFaults({
        status: 403,
        code: 'NO_AUTH',
        message: '商户号无权限',
      });
      const page = await pages.open('/?lang=en');

      await errorBox(page).getByText('WeChat Pay does not allow this merchant').waitFor();
      expect(await errorBox(page).textContent()).toMatch(/商户号无权限WeChat Pay request [\w-]+/);
      expect(await errorBox(page).textContent()).not.toContain('NO_AUTH');
      expect(await page.getByText('There are no complaints').isVisible()).toBe(false);
      expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
      await page.getByText('Not up to date').waitFor();
      expect(await page.locator('.connection[data-live]').count()).toBe(0);

      await errorBox(page).getByRole('button', { name: 'Try again' }).click();
      await page.locator('.card').first().waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      expect(await errorBox(page).isVisible()).toBe(false);
    });

    it('keeps the list that is there, and says that it may be out of date', async () => {
      const page = await pages.openDesk();
      await page.locator('.card').first().waitFor();
      const shown = await titles(page);
      await page.route('**/api/complaints**', (route) => route.abort());
      await pages.complain();

      await errorBox(page).getByText('The list below may be out of date.').waitFor();
      expect(await titles(page)).toEqual(shown);
      await page.getByText('Not up to date').waitFor();
    });
  });

  it('says that there are no complaints when there are none', async () => {
    const empty = await DeskPages.start({ isSeeded: false });
    const page = await empty.openDesk();
    const text = await page.locator('#list-empty').textContent();
    const isListed = await page.getByRole('listbox').isVisible();
    await empty.close();
    await empty.stop();
    expect([text, isListed]).toEqual([
      'There are no complaints. New ones appear here by themselves.',
      false,
    ]);
  });
});
