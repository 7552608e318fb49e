import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type RunningDesk, startDesk } from '../../sample/03-desk/simulation/start-desk.js';
import { startBrowser } from './browser.js';
import { until } from './until.js';

export type ComplaintContent = NonNullable<
  Parameters<RunningDesk['simulation']['simulator']['complain']>[1]
>;

/** The desk of sample/03-desk with a real browser in front of it. */
export class DeskPages {
  private readonly pages: Page[] = [];
  /** Script errors and policy violations, which no page may have. */
  private readonly faults: string[] = [];
  private count = 0;

  private constructor(
    readonly desk: RunningDesk,
    private readonly browser: Browser,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async start(options: { isSeeded?: boolean } = {}): Promise<DeskPages> {
    const environment = { ...process.env };
    const [desk, browser] = await Promise.all([
      startDesk({ nest: { logger: false }, ...options }),
      startBrowser(),
    ]);
    return new DeskPages(desk, browser, environment);
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    await this.browser.close();
    await this.desk.app.close();
  }

  /** @throws Error when a page reported a script error or a policy violation */
  async close(): Promise<void> {
    const contexts = this.pages.splice(0).map((page) => page.context());
    // A route handler that is still running would fail, and the next test with it.
    const open = contexts.flatMap((context) => context.pages());
    await Promise.all(open.map((page) => page.unrouteAll({ behavior: 'wait' })));
    await Promise.all(contexts.map((context) => context.close()));
    if (this.faults.length > 0) throw new Error(this.faults.splice(0).join('\n'));
  }

  async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      locale: 'en-US',
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    this.pages.push(page);
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('console', (message) => {
      const text = message.text();
      // The tests cause failed requests on purpose.
      const isFault = message.type() === 'error' && !text.startsWith('Failed to load resource');
      if (isFault || text.includes('Content Security Policy')) this.faults.push(text);
    });
    await page.goto(`${this.desk.url}${path}`);
    return page;
  }

  /** The desk in English, once it receives changes. */
  async openDesk(id = '', options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.open(`/?lang=en#${id}`, options);
    await ready(page, id);
    return page;
  }

  /** Files a complaint with words that no other complaint has. */
  async complain(content: ComplaintContent = {}): Promise<{ id: string; words: string }> {
    this.count += 1;
    const words = `第 ${this.count} 个问题`;
    const { simulator, merchant } = this.desk.simulation;
    const { complaint } = await simulator.complain(merchant, {
      complaint_detail: words,
      problem_description: words,
      ...content,
    });
    return { id: complaint.complaint_id, words };
  }
}

/** Waits until a page in English, just loaded, is up to date and sends no more requests. */
export async function ready(page: Page, id = ''): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor();
  if (id === '') return;
  await page.locator('.entry').first().waitFor();
  // The complaint is read at once, and again when the event stream opens.
  // Not by waitForFunction: the policy of the page forbids the evaluation of text that it polls with.
  await until(
    async () =>
      (await page.evaluate<number>(
        `performance.getEntriesByType('resource')
          .filter(({ name }) => name.endsWith('/api/complaints/${id}')).length`,
      )) >= 2,
    30_000,
  );
}

export const button = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('button', { name });
export const option = (page: Page, name: string): Locator => page.getByRole('option', { name });
export const badges = (page: Page): Locator => page.locator('.badges');
export const lastEntry = (page: Page): Locator => page.locator('.entry').last();
export const replyBox = (page: Page): Locator => page.getByLabel('Reply to the consumer');
export const dialog = (page: Page): Locator => page.getByRole('dialog');

/** The id of the focused element, or else its text. */
export const focused = (page: Page): Promise<unknown> =>
  page.evaluate('document.activeElement?.id || document.activeElement?.textContent');

/** The widths of pictures once they are loaded. A broken picture makes it fail. */
export const widthsOf = (page: Page, selector: string): Promise<number[]> =>
  page.evaluate(`Promise.all(
    [...document.querySelectorAll('${selector}')].map(async (image) => {
      await image.decode();
      return image.naturalWidth;
    }),
  )`);

export const choosePicture = (page: Page, form: string, name: string): Promise<void> =>
  page
    .locator(`${form} .choice`)
    .filter({ has: page.getByRole('img', { name }) })
    .click();
