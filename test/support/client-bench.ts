import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Test } from '@nestjs/testing';
import {
  ComplaintNotificationVerifier,
  ComplaintNotificationService,
  ComplaintService,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
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

/** Closes, newest first, everything that this file has started. For `afterEach` or `afterAll`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export interface Client {
  readonly service: ComplaintNotificationService;
  readonly complaints: ComplaintService;
  readonly verifier: ComplaintNotificationVerifier;
  readonly logger: RecordingLogger;
  /** Closes the module, as an app does on shutdown. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the module in a real Nest container, without an HTTP server. A request is sent once unless
 * `retry` is given, because most tests look at a single attempt.
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
    verifier: module.get(ComplaintNotificationVerifier),
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

/** Starts a simulated WeChat Pay and a module that talks to it. */
export async function startBench(
  merchant: TestMerchant,
  options: Partial<SingleMerchantOptions> = {},
  simulatorOptions: Omit<WechatPaySimulatorOptions, 'merchants'> = {},
): Promise<Bench> {
  const simulator = await startSimulator(merchant, simulatorOptions);
  const client = await startClient({ ...simulator.moduleOptions(merchant), ...options });
  return { ...client, simulator };
}

/** Starts a bare server, for behaviour that the simulator does not have. */
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

/** A loopback URL that refuses connections: its port was free a moment ago. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** For the axios setting `lookup`: every host name has an IPv4 and an IPv6 loopback address. */
export const lookupTwo: NonNullable<WechatPayRequestConfig['lookup']> = (
  _hostname: string,
  _options: object,
  callback: (error: null, addresses: { address: string; family: 4 | 6 }[]) => void,
): void => {
  callback(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
};

/** The error that an Observable fails with. Rejects if it emits anything, or completes. */
export async function errorOf(source: Observable<unknown>): Promise<unknown> {
  const events = await lastValueFrom(source.pipe(materialize(), toArray()));
  const [first] = events;
  if (events.length !== 1 || first?.kind !== 'E') {
    throw new Error(`The Observable did not just fail. It went: ${JSON.stringify(events)}`);
  }
  return first.error;
}

/** Everything that an Observable emits, in order, once it has completed. */
export function valuesOf<T>(source: Observable<T>): Promise<T[]> {
  return lastValueFrom(source.pipe(toArray()));
}

/** The downloads of platform certificates that a simulator has received. */
export function downloadsOf({ requests }: WechatPaySimulator): SimulatedRequest[] {
  return requests.filter(({ target }) => target === CERTIFICATES_PATH);
}

/** One parameter of a request's Authorization header, or '' without it. */
export function authorizationOf(
  request: Pick<SimulatedRequest, 'headers'> | undefined,
  name: string,
): string {
  return new RegExp(`[ ,]${name}="([^"]*)"`).exec(request?.headers.authorization ?? '')?.[1] ?? '';
}
