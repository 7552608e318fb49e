import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintService,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import type { Browser, Page } from 'playwright-core';
import { firstValueFrom } from 'rxjs';
import { MerchantFolder } from '../../lib/cli/simulation/merchant-folder.js';
import { PageServer } from '../../lib/cli/simulation/page-server.js';
import { Simulation } from '../../lib/cli/simulation/simulation.js';
import { readPicture } from '../../sample/03-desk/simulation/pictures.js';
import { accessibilityFaults, startBrowser } from '../support/browser.js';
import { closeApps, type RunningApp, startApp } from '../support/start-app.js';

const DETAIL = '收到的杯子是碎的';

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(): void {}
}

describe('The page of simulate', () => {
  let browser: Browser;
  let folder: string;
  let simulation: Simulation;
  let server: PageServer;
  let app: RunningApp;
  let page: Page;
  /** What the page logs and throws, blocked resources included. */
  let faults: string[];

  beforeAll(async () => {
    browser = await startBrowser();
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-cli-'));
  });
  beforeEach(async () => {
    const merchants = await MerchantFolder.openOrCreate(folder, 'public-key');
    simulation = await Simulation.start({ folder: merchants, port: 0, app: 'http://127.0.0.1:9' });
    const { simulator, merchant } = simulation;
    server = new PageServer(simulation);
    await server.start(0);
    app = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
      controllers: [ComplaintsController],
    });
    simulation.register(`${app.url}/complaints`);
    page = await browser.newPage();
    faults = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(server.url);
    await page.getByText(`Merchant ${merchant.mchid}`).waitFor();
  });
  afterEach(async () => {
    await page.close();
    await closeApps();
    await server.stop();
    await simulation.stop();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  async function complain(): Promise<void> {
    await page.getByLabel('What the consumer writes').fill(DETAIL);
    await page.getByRole('button', { name: 'Complain', exact: true }).click();
    await page.locator('#history').getByText(DETAIL).waitFor();
  }

  it('complains, replies and shows what was delivered, without a fault', async () => {
    await page
      .getByLabel('Pictures, up to 4')
      .first()
      .setInputFiles([{ name: 'mug.png', mimeType: 'image/png', buffer: readPicture('mug') }]);
    await complain();
    expect(await page.locator('#deliveries').textContent()).toContain('CREATE_COMPLAINT');
    expect(await page.locator('#deliveries .right').textContent()).toContain('204');
    expect(await page.locator('#history').textContent()).toContain("1 of the consumer's pictures");

    await page.getByLabel('As the consumer or the platform').fill('还有一只盘子');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.locator('#history').getByText('还有一只盘子').waitFor();
    await page.getByLabel('Notification').selectOption('tampered with');
    await page.getByRole('button', { name: 'Notify about this complaint' }).click();
    await page.locator('#deliveries').getByText('Refused, as it should be.').waitFor();
    expect(faults).toEqual([]);
  });

  it('shows replies and pictures of the app as they come', async () => {
    await complain();
    const [complaint] = simulation.simulator.complaints(simulation.merchant);
    const service = app.app.get(ComplaintService);
    const upload = service.uploadImage(readPicture('mug'), { filename: 'mug.png' });
    const { media_id } = await firstValueFrom(upload);
    const reply = { response_content: '马上为您换一只', response_images: [media_id] };
    await firstValueFrom(service.reply(complaint?.complaint_id ?? '', reply), {
      defaultValue: undefined,
    });

    await page.locator('#history').getByText('马上为您换一只').waitFor();
    const picture = page.getByAltText('Picture 1 of 商家');
    await picture.waitFor();
    expect(
      await page.evaluate<number>(
        "(async (image) => (await image.decode(), image.naturalWidth))(document.querySelector('#history img'))",
      ),
    ).toBeGreaterThan(0);
    await page.locator('#calls').getByText('/response').waitFor();
    expect(faults).toEqual([]);
  });

  it('sends a delivery again, and keeps the focus in the list', async () => {
    await complain();
    await page
      .getByRole('button', { name: /^Send again: CREATE_COMPLAINT/ })
      .first()
      .press('Enter');
    await page.locator('#deliveries li').nth(1).waitFor();
    const [again, first] = simulation.deliveries;
    expect(again?.id).toBe(first?.id);
    expect(again?.responses).toMatchObject([{ status: 204 }]);
    const isInList = "document.activeElement.closest('#deliveries') !== null";
    expect(await page.evaluate(isInList)).toBe(true);
  });

  it('says beside a form what is wrong', async () => {
    await complain();
    await page.getByRole('button', { name: 'Approved refund arrives' }).click();
    const alert = page.locator('[role=alert]:visible');
    await alert.first().waitFor();
    expect(await alert.allTextContents()).toEqual([
      expect.stringContaining('No refund of complaint'),
    ]);
    await page.getByLabel('Registered URL').fill('https://shop.example.com/a?b=1');
    await page.getByRole('button', { name: 'Register by hand' }).click();
    await alert.nth(1).waitFor();
    expect(await alert.first().textContent()).toBe('The URL must not contain a query string.');
  });

  it('says when the simulator has ended', async () => {
    await server.stop();
    await page.getByText('The simulator does not respond.').waitFor();
    await server.start(Number(new URL(page.url()).port));
    await page.getByText('The simulator does not respond.').waitFor({ state: 'hidden' });
    expect(await page.locator('#connection').textContent()).toBe('');
  });

  it.each(['light', 'dark'] as const)(
    'is accessible in %s colours, at any width',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await complain();
      for (const width of [1400, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(
          false,
        );
      }
    },
  );

  it('allows nothing that it does not need', async () => {
    const { headers } = await fetch(server.url);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
        `img-src 'self' ${simulation.simulator.url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { text: 'window.isRun = true' }))",
    );
    expect(await page.evaluate('window.isRun')).toBeUndefined();
    // Whatever ends last: the console tells what the policy has blocked.
    if (faults.length === 0) await page.waitForEvent('console');
    expect(faults.join()).toContain('Content Security Policy');
  });
});
