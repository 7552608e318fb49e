import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, startBrowser } from '../support/browser.js';
import { documents, ROOT } from '../support/documentation.js';
import { serveFolder, type StaticServer } from '../support/static-server.js';

const FOLDER = join(ROOT, 'build/docs-test');
/** Milliseconds, for a machine that does other things as well. */
const BUILD_LIMIT = 300_000;
const PAGES_LIMIT = 300_000;

const pages = (await documents())
  .filter((path) => path.startsWith('docs/'))
  .map((path) => path.replace(/^docs/, '').replace(/\.md$/, '.html'));

describe('The site', () => {
  let server: StaticServer;
  let browser: Browser;

  beforeAll(async () => {
    // VitePress fails the build on a dead link.
    await promisify(execFile)(
      process.execPath,
      ['node_modules/vitepress/bin/vitepress.js', 'build', 'docs', '--outDir', FOLDER],
      { cwd: ROOT, env: { ...process.env, DOCS_API: 'off', NODE_OPTIONS: '' } },
    );
    server = await serveFolder(FOLDER);
    browser = await startBrowser();
  }, BUILD_LIMIT);

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
    return context.newPage();
  }

  it('has every document', async () => {
    const files = await readdir(FOLDER, { recursive: true });
    const html = files.map((path) => `/${path.replaceAll('\\', '/')}`);
    expect(html).toEqual(expect.arrayContaining(pages));
  });

  // The pages of both languages have the same parts. So axe, which takes its time, looks at one language
  // on a wide screen and at the other one on a phone.
  it.each([
    { width: 1280, scheme: 'light', isExamined: (path: string) => !path.startsWith('/zh/') },
    { width: 390, scheme: 'dark', isExamined: (path: string) => path.startsWith('/zh/') },
  ] as const)(
    'is accessible, complete by itself and fits a width of $width pixels, $scheme',
    async ({ width, scheme, isExamined }) => {
      const page = await open(width, scheme);
      const faults: string[] = [];
      page.on('request', (request) => {
        const isOwn = request.url().startsWith(server.url) || request.url().startsWith('data:');
        if (!isOwn) faults.push(`loads ${request.url()}`);
      });
      page.on('pageerror', ({ message }) => faults.push(message));
      for (const path of pages) {
        await page.goto(server.url + path, { waitUntil: 'load' });
        const found = isExamined(path) ? await accessibilityFaults(page) : [];
        faults.push(...found.map((fault) => `${path} ${fault}`));
        const scrollWidth = await page.evaluate<number>('document.scrollingElement.scrollWidth');
        if (scrollWidth > width) faults.push(`${path} is ${scrollWidth} pixels wide`);
      }
      await page.context().close();
      expect(faults).toEqual([]);
    },
    PAGES_LIMIT,
  );

  it.each([
    ['/zh/index.html', '自动续期', '只处理一次'],
    ['/zh/index.html', '投诉人联系方式', '处理投诉'],
    ['/index.html', 'STORE_UNAVAILABLE', 'Rejection and deferral codes'],
    ['/index.html', 'migration', 'Keys and migration'],
  ])('finds on %s, with %s, the page %s', async (path, words, title) => {
    const page = await open(1280, 'light');
    await page.goto(server.url + path, { waitUntil: 'networkidle' });
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill(words);
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    const results = await page.locator('.VPLocalSearchBox .result').allInnerTexts();
    expect(results.join('\n')).toContain(title);
    await page.context().close();
  });
});
