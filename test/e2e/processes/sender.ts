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

export interface Response {
  readonly status: number;
  readonly text: string;
  /** Milliseconds. */
  readonly duration: number;
}

export interface Notification {
  readonly id: string;
  readonly body: string;
}

/** Milliseconds between two deliveries. WeChat Pay waits 15 seconds and more. */
const PAUSE = 10;
/** Milliseconds after which a notification has to have got 204. */
const LIMIT = 60_000;

/** Sends many notifications at a time, as WeChat Pay would, over connections that stay open. */
export class Sender {
  /** How often each status came back. */
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

  /** Sends a notification once, signed at this moment. */
  send(app: AppProcess, { body }: Notification, signWith?: TestPlatformKey): Promise<Response> {
    return this.post(app, signNotificationBody(this.merchant, body, { signWith }), body);
  }

  /** Sends a notification until the response is 204. */
  async deliver(app: AppProcess, notification: Notification): Promise<Response> {
    const deadline = performance.now() + LIMIT;
    for (;;) {
      const response = await this.send(app, notification);
      if (response.status === 204) return response;
      if (![409, 503].includes(response.status) || performance.now() > deadline) {
        throw new Error(`${notification.id} got ${response.status}: ${response.text}`);
      }
      await delay(PAUSE);
    }
  }

  /** Sends what a stranger can send: only its form is genuine. */
  sendForged(app: AppProcess, { body }: Notification): Promise<Response> {
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

  /** Makes the app read its registered callback URL. */
  readCallbackUrl(app: AppProcess): Promise<Response> {
    return this.exchange(app, 'GET', '/callback-url', {});
  }

  private async post(
    app: AppProcess,
    headers: Record<string, string>,
    body: string,
  ): Promise<Response> {
    const response = await this.exchange(app, 'POST', '/complaints', headers, body);
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
    return response;
  }

  private async exchange(
    app: AppProcess,
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Response> {
    const start = performance.now();
    const sent = request(app.url + path, { method, headers, agent: this.agent });
    sent.end(body);
    try {
      const [message] = (await once(sent, 'response')) as [IncomingMessage];
      const response = { status: message.statusCode ?? 0, text: await text(message) };
      return { ...response, duration: performance.now() - start };
    } catch (cause) {
      const state = app.isAlive ? 'is running' : 'has ended';
      throw new Error(`No response. The app ${state} and printed: ${app.output}`, { cause });
    }
  }
}
