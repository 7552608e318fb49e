import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import { accessibilityFaults } from '../support/browser.js';
import { button, DeskPages, dialog, focused, option, ready } from '../support/desk-pages.js';

// axe looks at many states of each page.
jest.setTimeout(60_000);

const PHONE = { width: 390, height: 844 };
const LANGUAGES = ['zh-CN', 'en'] as const;

describe('The pages of sample/03-desk', () => {
  let pages: DeskPages;

  beforeAll(async () => {
    pages = await DeskPages.start();
  });
  afterEach(() => pages.close());
  afterAll(() => pages.stop());

  const isTooWide = (page: Page): Promise<unknown> =>
    page.evaluate('document.documentElement.scrollWidth > innerWidth');

  it('change the language, and keep the complaint open', async () => {
    const { id, words } = await pages.complain();
    const page = await pages.openDesk(id);
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');

    await page.getByRole('link', { name: '中文' }).click();

    await page.getByRole('heading', { name: '投诉工作台' }).waitFor();
    await page.locator('.entry').first().waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    expect(await page.locator('#complaint-title').textContent()).toBe(words);
    expect(await page.getByLabel('回复用户').isVisible()).toBe(true);
    expect(await page.locator('body').textContent()).not.toMatch(/undefined|\{\w+\}/);
  });

  it('are in the language of the browser', async () => {
    const page = await pages.open('/', { locale: 'zh-CN' });
    await page.locator('.card').first().waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('投诉工作台');
  });

  it('show the list or a complaint on a phone', async () => {
    const { words } = await pages.complain({ complaint_detail: `长${'o'.repeat(200)}` });
    const { words: newer } = await pages.complain();
    const page = await pages.openDesk('', { viewport: PHONE });
    await page.getByLabel('Sort').selectOption('Newest first');
    const list = page.getByRole('heading', { name: 'Complaints' });
    expect(await isTooWide(page)).toBe(false);

    await option(page, words).click();
    await page.locator('.entry').first().waitFor();
    expect(await list.isVisible()).toBe(false);
    expect(await isTooWide(page)).toBe(false);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await list.waitFor();
    expect(await focused(page)).toContain(words);

    // Where the list is hidden, the keys that move in it open the other complaint.
    await option(page, words).click();
    await page.locator('.entry').first().waitFor();
    await page.keyboard.press('k');
    await page.getByRole('heading', { name: newer }).waitFor();
    await page.keyboard.press('Escape');
    await list.waitFor();
    expect(await focused(page)).toContain(newer);
  });

  it.each(LANGUAGES)('never scroll sideways at 390 pixels, in %s', async (lang) => {
    const { id } = await pages.complain({
      problem_description: '很长的问题描述'.repeat(12),
      order: { out_trade_no: 'N'.repeat(32) },
      need_immediate_service: true,
      images: [readPicture('mug'), readPicture('parcel'), readPicture('shirt')],
    });
    const { simulator, merchant } = pages.desk.simulation;
    await simulator.sendUserMessage(merchant, id, { text: 'W'.repeat(300) });
    await simulator.applyPlatformService(merchant, id);
    const page = await pages.open(`/?lang=${lang}#${id}`, { viewport: PHONE });
    await page.locator('.entry').nth(2).waitFor();
    await page.locator('#reply').fill('字'.repeat(600));
    expect(await isTooWide(page)).toBe(false);
    for (const selector of ['.composer-foot button:not([type=submit])', '.refund .button']) {
      await page.locator(selector).first().click();
      await dialog(page).waitFor();
      expect(await isTooWide(page)).toBe(false);
      await page.keyboard.press('Escape');
    }
    await page.goto(`${pages.desk.url}/?lang=${lang}#`);
    await page.locator('.card').first().waitFor();
    expect(await isTooWide(page)).toBe(false);
    const phone = await pages.open(`/simulation/?lang=${lang}`, { viewport: PHONE });
    await phone.locator('.bubble').first().waitFor();
    expect(await isTooWide(phone)).toBe(false);
  });

  it('work in a browser that stores nothing', async () => {
    const { id, words } = await pages.complain();
    const page = await pages.open('/?lang=en');
    await page.context().addInitScript(`
      Object.defineProperty(globalThis, 'localStorage', {
        get() { throw new DOMException('denied', 'SecurityError'); },
      });
    `);
    await page.goto(`${pages.desk.url}/?lang=en&private#${id}`);
    await ready(page, id);
    await page.locator('#reply').fill('Not stored');
    await page.goto(`${pages.desk.url}/?lang=en&private#`);
    await page.getByText('Choose a complaint').waitFor();
    await option(page, words).click();
    expect(await page.locator('#reply').inputValue()).toBe('Not stored');
    await button(page, 'Send reply').click();
    await page.locator('.entry').last().getByText('Not stored').waitFor();
  });

  describe.each(['light', 'dark'] as const)('in %s colors', (colorScheme) => {
    it.each(LANGUAGES)('have no barrier that axe finds, in %s', async (lang) => {
      const { id } = await pages.complain({
        images: [readPicture('mug')],
        need_immediate_service: true,
        complaint_time: new Date(Date.now() - 30 * 60 * 60 * 1000).toISOString(),
      });
      const { simulator, merchant } = pages.desk.simulation;
      await simulator.sendUserMessage(merchant, id, { text: '有人吗' });
      await simulator.applyPlatformService(merchant, id);

      const list = await pages.open(`/?lang=${lang}`, { colorScheme });
      await list.locator('.card').first().waitFor();
      const { words } = await pages.complain();
      await option(list, words).locator('.dot').waitFor();
      expect(await accessibilityFaults(list)).toEqual([]);
      await list.locator('#shortcuts').click();
      await dialog(list).waitFor();
      expect(await accessibilityFaults(list, '#question')).toEqual([]);
      await list.keyboard.press('Escape');
      await list.locator('#search').fill('0'.repeat(20));
      await list.locator('#list-empty a').waitFor();
      expect(await accessibilityFaults(list, '.complaints')).toEqual([]);

      const page = await pages.open(`/?lang=${lang}#${id}`, { colorScheme });
      await page.locator('.thumb img').first().waitFor();
      await page.locator('.composer button[type=submit]').click();
      await page.locator('#reply').fill('😀'.repeat(501));
      await page.locator('#attach').setInputFiles([
        { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('text') },
        { name: 'b.png', mimeType: 'image/png', buffer: readPicture('mug') },
      ]);
      await page.locator('.chip').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      for (const opener of [
        '.composer-foot button:not([type=submit])',
        '.refund .primary',
        '.refund .button:not(.primary)',
        '.thumb',
      ]) {
        await page.locator(opener).first().click();
        await dialog(page).waitFor();
        expect(await accessibilityFaults(page, 'dialog[open]')).toEqual([]);
        await page.keyboard.press('Escape');
        await dialog(page).waitFor({ state: 'hidden' });
      }
      await page.locator('#reply').fill('好的');
      await page.locator('.composer button[type=submit]').click();
      await page.locator('.complaint-head .button:not(.back)').click();
      await page.locator('#question .warning').waitFor();
      expect(await accessibilityFaults(page, '#question')).toEqual([]);

      const failing = await pages.open(`/?lang=${lang}#C-0`, { colorScheme });
      await failing.locator('.complaint-head .error').waitFor();
      expect(await accessibilityFaults(failing, '#complaint')).toEqual([]);

      const phone = await pages.open(`/simulation/?lang=${lang}`, { colorScheme });
      await phone.locator('.bubble').first().waitFor();
      expect(await accessibilityFaults(phone)).toEqual([]);
    });
  });
});
