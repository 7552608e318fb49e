import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import { type AdapterName, type RunningApp, startApp } from '../support/start-app.js';

/** An app whose body parser keeps the raw body, or that leaves the stream to the guard. */
export interface Server {
  readonly name: string;
  readonly adapter: AdapterName;
  readonly nest: { readonly rawBody?: boolean; readonly bodyParser?: boolean };
}

/** The guard reads the body from the stream. */
export const BARE_EXPRESS: Server = {
  name: 'Express without a body parser',
  adapter: 'express',
  nest: { bodyParser: false },
};

export const SERVERS: readonly Server[] = [
  { name: 'Express', adapter: 'express', nest: { rawBody: true } },
  { name: 'Fastify', adapter: 'fastify', nest: { rawBody: true } },
  BARE_EXPRESS,
];

export interface ServedApp extends RunningApp {
  /** The notifications that the handler got, oldest first. */
  readonly received: ComplaintNotificationPayload[];
}

/** Starts an app with the route POST /complaints. It has no store, so redeliveries are handled too. */
export async function serve(
  { adapter, nest }: Server,
  options: WechatPayComplaintModuleOptions,
): Promise<ServedApp> {
  const received: ComplaintNotificationPayload[] = [];

  @Controller()
  class ComplaintsController {
    @Post('complaints')
    @ComplaintNotification()
    handle(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
      received.push(notification);
    }
  }

  const app = await startApp({
    adapter,
    nest,
    imports: [WechatPayComplaintModule.forRoot({ ...options, store: false })],
    controllers: [ComplaintsController],
  });
  return { ...app, received };
}
