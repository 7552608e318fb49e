import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { sourceFolder } from '../create-app.js';
import { startDesk } from './start-desk.js';

/**
 * Takes the pictures of the documentation. They are the same every time, because the clock stands still.
 */

const NOW = Date.parse('2026-07-18T10:42:00+08:00');
/** `docs`, or the folder that is given. */
const FOLDER = process.argv[2] ?? join(sourceFolder('../..'), 'docs');

interface Screenshot {
  readonly name: string;
  readonly lang: 'zh-CN' | 'en';
  readonly complaint: string;
  readonly context: BrowserContextOptions;
}

const SCREENSHOTS: readonly Screenshot[] = [
  {
    name: 'desk-zh.png',
    lang: 'zh-CN',
    complaint: '2002026040000042',
    context: { viewport: { width: 1320, height: 800 }, colorScheme: 'light' },
  },
  {
    name: 'desk-en-dark.png',
    lang: 'en',
    complaint: '2002026000060042',
    context: { viewport: { width: 1320, height: 800 }, colorScheme: 'dark' },
  },
  {
    name: 'desk-phone.png',
    lang: 'zh-CN',
    complaint: '2002026000060042',
    context: { viewport: { width: 390, height: 800 }, colorScheme: 'light', hasTouch: true },
  },
];

// The signatures of both sides use this clock, too.
mock.timers.enable({ apis: ['Date'], now: NOW });
const { app, url } = await startDesk({ nest: { logger: ['warn', 'error', 'fatal'] } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  // Leaves out what depends on the machine and on its load.
  args: [
    '--disable-gpu',
    '--disable-lcd-text',
    '--font-render-hinting=none',
    '--disable-partial-raster',
    '--disable-checker-imaging',
  ],
});
try {
  await mkdir(FOLDER, { recursive: true });
  for (const screenshot of SCREENSHOTS) await take(browser, screenshot);
} finally {
  await browser.close();
  await app.close();
}

async function take(
  on: Browser,
  { name, lang, complaint, context: options }: Screenshot,
): Promise<void> {
  const context = await on.newContext({
    ...options,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  await page.goto(`${url}/?lang=${lang}#${complaint}`);
  await page.locator('.entry').first().waitFor();
  await page.locator('.connection[data-live]').waitFor();
  await page.locator('.card[aria-selected=true]').waitFor({ state: 'attached' });
  await page.waitForFunction(
    "[...document.querySelectorAll('.thumb img')].every(({ naturalWidth }) => naturalWidth > 0)",
  );
  // The edges of a picture depend on whether it arrived before or after its surroundings were
  // painted, so all pictures are painted once more.
  for (const visibility of ['hidden', '']) {
    await page.evaluate(
      `for (const { style } of document.querySelectorAll('.thumb')) style.visibility = '${visibility}'`,
    );
    await page.screenshot();
  }
  const path = join(FOLDER, name);
  await page.screenshot({ path });
  const { size } = await stat(path);
  console.log(`${path}: ${Math.round(size / 1024)} kB`);
  await context.close();
}
