import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Test } from '@nestjs/testing';
import {
  ComplaintNotificationVerifier,
  ComplaintNotificationService,
  ComplaintService,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
  type WechatPayRequestConfig,
} from 'nestjs-wechatpay-complaint';
import {
  type SimulatedRequest,
  type TestMerchant,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from 'nestjs-wechatpay-complaint/testing';
import { lastValueFrom, materialize, type Observable, toArray } from 'rxjs';
import { RecordingLogger } from './recording-logger.js';

export const URL_PATH = '/v3/merchant-service/complaint-notifications';
export const CERTIFICATES_PATH = '/v3/certificates';

const closers: (() => Promise<unknown>)[] = [];

/** Ends, newest first, whatever this file has started: for `afterEach` or `afterAll`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export interface Client {
  readonly service: ComplaintNotificationService;
  readonly complaints: ComplaintService;
  readonly handler: ComplaintNotificationVerifier;
  readonly logger: RecordingLogger;
  /** As an app does on shutdown. */
  readonly close: () => Promise<void>;
}

/**
 * The module in a real Nest container, without an HTTP server. A call is sent once unless `retry`
 * is given: most tests look at one request and its end.
 */
export async function startClient(options: WechatPayComplaintModuleOptions): Promise<Client> {
  const logger = new RecordingLogger();
  const module = await Test.createTestingModule({
    imports: [WechatPayComplaintModule.forRoot({ retry: false, ...options })],
  })
    .setLogger(logger)
    .compile();
  await module.init();
  const close = (): Promise<void> => module.close();
  closers.push(close);
  return {
    service: module.get(ComplaintNotificationService),
    complaints: module.get(ComplaintService),
    handler: module.get(ComplaintNotificationVerifier),
    logger,
    close,
  };
}

export async function startSimulator(
  merchant: TestMerchant,
  options: Omit<WechatPaySimulatorOptions, 'merchants'> = {},
): Promise<WechatPaySimulator> {
  const simulator = await WechatPaySimulator.start({ merchants: [merchant], ...options });
  closers.push(() => simulator.stop());
  return simulator;
}

export interface Bench extends Client {
  readonly simulator: WechatPaySimulator;
}

/** A simulated WeChat Pay and a module that talks to it. */
export async function startBench(
  merchant: TestMerchant,
  options: Partial<WechatPayComplaintModuleOptions> = {},
  simulatorOptions: Omit<WechatPaySimulatorOptions, 'merchants'> = {},
): Promise<Bench> {
  const simulator = await startSimulator(merchant, simulatorOptions);
  const client = await startClient({ ...simulator.moduleOptions(merchant), ...options });
  return { ...client, simulator };
}

/** A server without any manners of its own, for what the simulator does not do. */
export async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A loopback address that refuses connections: its port was free a moment ago. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** For the setting `lookup`: whatever its name, the host has an address of each family. */
export const lookupTwo: NonNullable<WechatPayRequestConfig['lookup']> = (
  _hostname: string,
  _options: object,
  answer: (error: null, addresses: { address: string; family: 4 | 6 }[]) => void,
): void => {
  answer(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
};

/** The error that a call ends with. Fails when the call emits anything, or ends well. */
export async function errorOf(call: Observable<unknown>): Promise<unknown> {
  const events = await lastValueFrom(call.pipe(materialize(), toArray()));
  const [first] = events;
  if (events.length !== 1 || first?.kind !== 'E') {
    throw new Error(`The call did not just fail, it went: ${JSON.stringify(events)}`);
  }
  return first.error;
}

/** Everything that a call emits, in order, once it has completed. */
export function valuesOf<T>(call: Observable<T>): Promise<T[]> {
  return lastValueFrom(call.pipe(toArray()));
}

export function downloadsOf({ requests }: WechatPaySimulator): SimulatedRequest[] {
  return requests.filter(({ target }) => target === CERTIFICATES_PATH);
}

/** One value of an Authorization header. */
export function authorizationOf(
  request: Pick<SimulatedRequest, 'headers'> | undefined,
  name: string,
): string {
  return new RegExp(`[ ,]${name}="([^"]*)"`).exec(request?.headers.authorization ?? '')?.[1] ?? '';
}
