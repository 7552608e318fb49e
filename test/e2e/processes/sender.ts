import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createNotificationBody,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import type { AppProcess } from './app-process.js';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly duration: number;
}

export interface Notification {
  readonly id: string;
  readonly body: string;
}

/** Milliseconds between two repetitions, where WeChat Pay takes 15 seconds and more. */
const PAUSE = 10;
/** Milliseconds for a notification to be answered with 204 at last. */
const PATIENCE = 60_000;

/** A WeChat Pay that sends much at a time: over connections that stay open. */
export class Sender {
  /** How often each status was answered. */
  readonly statuses = new Map<number, number>();
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly merchant: TestMerchant) {}

  close(): void {
    this.agent.destroy();
  }

  /** As JSON. */
  get summary(): string {
    return JSON.stringify(Object.fromEntries(this.statuses));
  }

  notification(): Notification {
    const id = `EV-${randomUUID()}`;
    return { id, body: createNotificationBody(this.merchant, { id }) };
  }

  /** Sends it once, signed at this moment. */
  send(app: AppProcess, { body }: Notification, signWith?: TestPlatformKey): Promise<Answer> {
    return this.post(app, signNotificationBody(this.merchant, body, { signWith }), body);
  }

  /** Sends it until the answer is 204. */
  async deliver(app: AppProcess, notification: Notification): Promise<Answer> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const answer = await this.send(app, notification);
      if (answer.status === 204) return answer;
      if (![409, 503].includes(answer.status) || performance.now() > deadline) {
        throw new Error(`${notification.id} was answered ${answer.status}: ${answer.text}`);
      }
      await delay(PAUSE);
    }
  }

  /** A stranger's post: nothing about it is genuine but its form. */
  sendForged(app: AppProcess, { body }: Notification): Promise<Answer> {
    const headers = {
      'Content-Type': 'application/json',
      'Request-ID': randomUUID(),
      'Wechatpay-Timestamp': String(Math.floor(Date.now() / 1000)),
      'Wechatpay-Nonce': randomBytes(16).toString('hex'),
      'Wechatpay-Serial': randomBytes(20).toString('hex').toUpperCase(),
      'Wechatpay-Signature': randomBytes(256).toString('base64'),
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    };
    return this.post(app, headers, body);
  }

  /** Has the app ask for its callback URL. */
  askForCallbackUrl(app: AppProcess): Promise<Answer> {
    return this.exchange(app, 'GET', '/callback-url', {});
  }

  private async post(
    app: AppProcess,
    headers: Record<string, string>,
    body: string,
  ): Promise<Answer> {
    const answer = await this.exchange(app, 'POST', '/complaints', headers, body);
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    return answer;
  }

  private async exchange(
    app: AppProcess,
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    const start = performance.now();
    const sent = request(app.url + path, { method, headers, agent: this.agent });
    sent.end(body);
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const answer = { status: response.statusCode ?? 0, text: await text(response) };
      return { ...answer, duration: performance.now() - start };
    } catch (cause) {
      const state = app.isAlive ? 'runs' : 'has ended';
      throw new Error(`No answer. The app ${state}, it printed: ${app.output}`, { cause });
    }
  }
}
