import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ComplaintDispatcher,
  ComplaintNotificationException,
  ComplaintNotificationVerifier,
} from 'nestjs-wechatpay-complaint';
import { AppModule } from './app.module.js';

/** What an API gateway hands over: the request of WeChat Pay. */
export interface GatewayEvent {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** What it responds with. */
export interface GatewayResponse {
  readonly statusCode: number;
  readonly body: string;
}

const logger = new Logger('Function');
/** One app for all events of this instance. */
let app: Promise<INestApplicationContext> | undefined;

/** The function: no HTTP server and no route, but the same checks, and each listener once. */
export async function handler(event: GatewayEvent): Promise<GatewayResponse> {
  app ??= NestFactory.createApplicationContext(AppModule, { abortOnError: false });
  const context = await app;
  try {
    const payload = await context.get(ComplaintNotificationVerifier).verify({
      headers: event.headers,
      body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    });
    await context.get(ComplaintDispatcher).dispatch(payload);
    return { statusCode: 204, body: '' };
  } catch (error) {
    return failure(error);
  }
}

/** For the shutdown of the instance. */
export async function close(): Promise<void> {
  await (await app)?.close();
  app = undefined;
}

/** WeChat Pay delivers again what gets a 4xx or 5xx. */
function failure(error: unknown): GatewayResponse {
  if (error instanceof ComplaintNotificationException) {
    logger.warn(error.detail);
    return { statusCode: error.getStatus(), body: JSON.stringify(error.getResponse()) };
  }
  // The error of a listener is in the log already.
  return { statusCode: 500, body: '{"code":"FAIL","message":"Internal Server Error"}' };
}
