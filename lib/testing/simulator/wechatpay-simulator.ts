import { randomUUID } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Complaint } from '../../complaints/interfaces/complaint.interface.js';
import type { ComplaintHistoryEntry } from '../../complaints/interfaces/complaint-history.interface.js';
import type { WechatPayComplaintModuleOptions } from '../../config/wechatpay-complaint-options.interface.js';
import { parseAuthorization } from './parse-authorization.js';
import { isLoopbackHost } from '../../protocol/callback-url.js';
import { serveCallbackUrl, type CallbackUrlResponses, URL_PATH } from './callback-url.routes.js';
import { CERTIFICATES_PATH, serveCertificates } from './certificates.routes.js';
import { serveComplaints } from './complaint.routes.js';
import { type ImageUpload, parseImageUpload } from './image-upload.js';
import {
  deliver,
  type Delivery,
  type NotifyOptions,
  RETRY_SCHEDULE,
} from './notification-delivery.js';
import {
  isAuthorized,
  isComplete,
  type SimulatedRequest,
  signError,
  wantedSerial,
} from './request-authentication.js';
import {
  type ComplaintEvent,
  errorResponse,
  invalidRequest,
  notFound,
  type SimulatedResponse,
} from './simulated-response.js';
import {
  type SimulatedComplaintContent,
  SimulatedComplaints,
  type SimulatedMessage,
  type SimulatedPlatformRequest,
} from './simulated-complaints.js';
import { signResponse, type SimulatedFault, substitute } from './simulated-fault.js';
import { SimulatedImages } from './simulated-images.js';
import {
  createTestCertificate,
  type TestMerchant,
  type TestPlatformKey,
} from '../test-merchant.js';

export interface WechatPaySimulatorOptions {
  readonly merchants: readonly TestMerchant[];
  /** Real milliseconds for one of WeChat Pay's between two tries. @default 0.001 */
  readonly timeScale?: number;
  /** Milliseconds in which a notification has to be answered. @default 5000 */
  readonly responseTimeout?: number;
  /** @default RETRY_SCHEDULE */
  readonly schedule?: readonly number[];
  /** What the documentation leaves open, or tells in two ways. */
  readonly responses?: CallbackUrlResponses;
  /** Called before a call takes effect, with its state as it is then. */
  readonly onRequest?: (request: SimulatedRequest) => void | Promise<void>;
  /**
   * Milliseconds since 1970, for the times of complaints and of their history. Signatures always
   * have the real one.
   * @default Date.now
   */
  readonly clock?: () => number;
}

/** What a step of a consumer, or of the platform, has led to. */
export interface SimulatedStep {
  /** As it is then. */
  readonly complaint: Complaint;
  /** Of its notification; undefined when no URL is registered. */
  readonly delivery?: Delivery;
}

interface MerchantState {
  readonly merchant: TestMerchant;
  readonly complaints: SimulatedComplaints;
  readonly images: SimulatedImages;
  url?: string;
  /** The certificates that `/v3/certificates` lists; the last one signs. */
  certificates: TestPlatformKey[];
}

/**
 * A WeChat Pay on loopback: a real HTTP server with the calls for the callback URL, for complaints
 * and their images, and `/v3/certificates`, which checks requests and signs answers as the real one
 * does; a consumer and a platform that do what they are told; and a sender of notifications.
 *
 * ```ts
 * const merchant = await createTestMerchant();
 * const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
 * WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant));
 * const { complaint } = await simulator.complain(merchant, { complaint_detail: '没有收到货' });
 * await simulator.userRespond(merchant, complaint.complaint_id, { text: '请尽快处理' });
 * await simulator.stop();
 * ```
 *
 * The methods from `complain` to `refundOrders` are steps of a complaint: each writes an entry of
 * its history, sends the notification that WeChat Pay would send, and waits for the answer. They
 * throw when there is no such complaint, or its state does not allow the step.
 */
export class WechatPaySimulator {
  /** Everything that came in, oldest first. */
  readonly requests: SimulatedRequest[] = [];
  private readonly states: ReadonlyMap<string, MerchantState>;
  private readonly hosts = new Map<string, string>();
  private readonly faults: SimulatedFault[] = [];
  /** Notifications that calls have caused, since the last `idle`. */
  private caused: Promise<Delivery | undefined>[] = [];
  private readonly aborter = new AbortController();
  private readonly server: Server;

  private constructor(private readonly options: WechatPaySimulatorOptions) {
    // Every delivery that waits for its next try listens: that is no leak, however many they are.
    setMaxListeners(0, this.aborter.signal);
    this.states = new Map(
      options.merchants.map((merchant) => [merchant.mchid, this.stateOf(merchant)]),
    );
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => response.destroy(toError(error)));
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: WechatPaySimulatorOptions): Promise<WechatPaySimulator> {
    const simulator = new WechatPaySimulator(options);
    simulator.server.listen(0, '127.0.0.1');
    await once(simulator.server, 'listening');
    return simulator;
  }

  /** Closes all connections and ends all retries. */
  async stop(): Promise<void> {
    this.aborter.abort();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** For the option `baseUrls`. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string')
      throw new Error('The simulator has stopped.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The merchant's options with this simulator as WeChat Pay. */
  moduleOptions(merchant: TestMerchant): WechatPayComplaintModuleOptions {
    return { ...merchant.options, baseUrls: [this.url] };
  }

  /** The URL that is registered now. */
  registeredUrl({ mchid }: TestMerchant): string | undefined {
    return this.state(mchid).url;
  }

  /** Registers a URL, or none, without a call: another instance did. */
  setRegisteredUrl({ mchid }: TestMerchant, url: string | undefined): void {
    this.state(mchid).url = url;
  }

  /**
   * Says where the host of a registered URL really is, for the simulator posts to loopback only:
   * `simulator.mapHost('shop.example.com', 'http://127.0.0.1:3000')`.
   */
  mapHost(hostname: string, origin: string): void {
    if (!isLoopbackHost(new URL(origin).hostname)) {
      throw new Error(`The simulator posts to loopback only, not to ${origin}.`);
    }
    this.hosts.set(hostname, origin);
  }

  /** Spoils the next answers, one each. */
  injectFaults(...faults: SimulatedFault[]): void {
    this.faults.push(...faults);
  }

  /**
   * Lists a new platform certificate and signs with it from now on. The old ones stay listed, or,
   * with `keepListed: false`, go.
   */
  async rotateCertificate(
    { mchid }: TestMerchant,
    {
      keepListed = true,
      certificate,
    }: { keepListed?: boolean; certificate?: TestPlatformKey } = {},
  ): Promise<TestPlatformKey> {
    const state = this.state(mchid);
    const next = certificate ?? (await createTestCertificate());
    state.certificates = keepListed ? [...state.certificates, next] : [next];
    return next;
  }

  /**
   * Sends a notification to the registered URL and waits for the answer, with `retry` for the last
   * one.
   *
   * @throws Error when no URL is registered, or its host is neither on loopback nor mapped
   */
  async notify(merchant: TestMerchant, options: NotifyOptions = {}): Promise<Delivery> {
    const { url, certificates } = this.state(merchant.mchid);
    if (url === undefined) throw new Error(`No callback URL is registered for ${merchant.mchid}.`);
    const current = merchant.mode === 'certificate' ? certificates.at(-1) : undefined;
    return deliver(
      merchant,
      { signWith: current, ...options },
      {
        url: this.locate(url),
        responseTimeout: this.options.responseTimeout ?? 5000,
        timeScale: this.options.timeScale ?? 0.001,
        schedule: this.options.schedule ?? RETRY_SCHEDULE,
        signal: this.aborter.signal,
      },
    );
  }

  /** A consumer complains: `COMPLAINT.CREATE`, `CREATE_COMPLAINT`. */
  complain(
    merchant: TestMerchant,
    content: SimulatedComplaintContent = {},
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.create(content));
  }

  /** The consumer complains again on the same order: `CONTINUE_COMPLAINT`. It is `PENDING` again. */
  continueComplaint(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage = {},
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.continue(complaintId, message));
  }

  /** The consumer leaves a message: `USER_RESPONSE`. */
  sendUserMessage(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage,
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.addUserMessage(complaintId, message));
  }

  /** The platform leaves a message: `RESPONSE_BY_PLATFORM`. */
  sendPlatformMessage(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage,
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.addPlatformMessage(complaintId, message));
  }

  /** The consumer asks the platform to step in: `USER_APPLY_PLATFORM_SERVICE`. */
  applyPlatformService(
    merchant: TestMerchant,
    complaintId: string,
    request: SimulatedPlatformRequest = {},
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) =>
      complaints.applyPlatformService(complaintId, request),
    );
  }

  /** The consumer withdraws that: `USER_CANCEL_PLATFORM_SERVICE`. */
  cancelPlatformService(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.cancelPlatformService(complaintId));
  }

  /** The platform has finished: `PLATFORM_SERVICE_FINISHED`. */
  finishPlatformService(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage = {},
  ): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) =>
      complaints.finishPlatformService(complaintId, message),
    );
  }

  /** The refund that the merchant has approved arrives: `REFUND_SUCCESS`. */
  settleRefund(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.settleRefund(complaintId));
  }

  /** The merchant refunds all, by the calls for orders: `SELLER_REFUND`. */
  refundOrders(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.step(merchant, (complaints) => complaints.refundOrders(complaintId));
  }

  /** All complaints, newest first, as WeChat Pay has them now. */
  complaints({ mchid }: TestMerchant): readonly Complaint[] {
    return this.state(mchid).complaints.list();
  }

  /** The history of one, newest first. */
  complaintHistory({ mchid }: TestMerchant, complaintId: string): readonly ComplaintHistoryEntry[] {
    return this.state(mchid).complaints.history(complaintId);
  }

  /**
   * Waits until the notifications are answered that the merchant's own calls have caused, such as
   * `MERCHANT_RESPONSE`: they are sent after the answer to the call. Returns what became of those
   * since the last time; without a registered URL there is none.
   *
   * @throws Error when one cannot be sent, because the host of the URL is neither on loopback nor
   * mapped
   */
  async idle(): Promise<readonly Delivery[]> {
    const deliveries: Delivery[] = [];
    const failures: unknown[] = [];
    // Whoever is notified may call again, which causes more.
    while (this.caused.length > 0) {
      for (const outcome of await Promise.allSettled(this.caused.splice(0))) {
        if (outcome.status === 'rejected') failures.push(outcome.reason);
        else if (outcome.value) deliveries.push(outcome.value);
      }
    }
    if (failures.length > 0) throw toError(failures[0]);
    return deliveries;
  }

  private async step(
    merchant: TestMerchant,
    take: (complaints: SimulatedComplaints) => ComplaintEvent,
  ): Promise<SimulatedStep> {
    const { complaints } = this.state(merchant.mchid);
    const event = take(complaints);
    const complaint = complaints.get(event.complaint_id);
    return { complaint, delivery: await this.notifyOf(merchant, event) };
  }

  private async notifyOf(
    merchant: TestMerchant,
    { complaint_id, action_type }: ComplaintEvent,
  ): Promise<Delivery | undefined> {
    if (this.registeredUrl(merchant) === undefined) return undefined;
    return this.notify(merchant, {
      event_type:
        action_type === 'CREATE_COMPLAINT' ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id, action_type },
    });
  }

  private stateOf(merchant: TestMerchant): MerchantState {
    const images = new SimulatedImages();
    return {
      merchant,
      complaints: new SimulatedComplaints(merchant, images, this.options.clock ?? Date.now),
      images,
      certificates: merchant.mode === 'public-key' ? [] : [merchant.platformCertificate],
    };
  }

  private locate(registered: string): string {
    const url = new URL(registered);
    const origin = this.hosts.get(url.hostname);
    if (origin !== undefined) {
      // Not by resolving: a path that begins with two slashes would name another host.
      const target = new URL(origin);
      target.pathname = url.pathname;
      return target.href;
    }
    if (isLoopbackHost(url.hostname)) return registered;
    throw new Error(
      `The simulator posts to loopback only: say where ${url.hostname} is, ` +
        `mapHost('${url.hostname}', 'http://127.0.0.1:3000').`,
    );
  }

  private state(mchid: string): MerchantState {
    const state = this.states.get(mchid);
    if (!state) throw new Error(`The simulator does not know merchant ${mchid}.`);
    return state;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request);
    const { method = '', url: target = '', headers } = request;
    const upload = parseImageUpload(headers['content-type'], bytes);
    const received = { method, target, headers, body: upload?.meta ?? bytes.toString() };
    this.requests.push(received);
    await this.options.onRequest?.(received);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'drop') {
      response.destroy();
      return;
    }

    const state = this.authenticate(received);
    const isRefused = !('merchant' in state);
    const answer = isRefused ? state : (substitute(fault) ?? this.answer(received, state, upload));
    const { status, body, contentType = 'application/json; charset=utf-8', event } = answer;
    const isSigned = !isRefused && answer.isSigned && fault !== 'unsigned';
    response.writeHead(status, {
      'Request-ID': randomUUID(),
      ...(body.length > 0 && { 'Content-Type': contentType }),
      ...(isSigned && (await signResponse(this.signingKey(state, received), body, fault))),
    });
    response.end(body);
    if (event && !isRefused) this.notifyLater(state.merchant, event);
  }

  /** A call is answered, whatever becomes of the notification that it causes. */
  private notifyLater(merchant: TestMerchant, event: ComplaintEvent): void {
    const delivery = this.notifyOf(merchant, event);
    // `idle` tells; until then it is no failure of a promise that nobody has looked at.
    delivery.catch(() => undefined);
    this.caused.push(delivery);
  }

  /** Headers, Authorization, Wechatpay-Serial: in this order, and refused as WeChat Pay does. */
  private authenticate(request: SimulatedRequest): MerchantState | SimulatedResponse {
    const { headers } = request;
    if (!isComplete(request)) return errorResponse(invalidRequest('头部信息不完整'));
    const authorization = parseAuthorization(headers.authorization);
    const state = authorization && this.states.get(authorization.mchid);
    if (!state || !isAuthorized(request, authorization, state.merchant)) {
      return errorResponse(signError(request, authorization));
    }
    const wanted = wantedSerial(headers);
    if (wanted !== undefined && !this.keyFor(state, wanted)) {
      return errorResponse(invalidRequest('Wechatpay-Serial 不正确'));
    }
    return state;
  }

  private answer(
    request: SimulatedRequest,
    state: MerchantState,
    upload: ImageUpload | undefined,
  ): SimulatedResponse {
    const { method, target } = request;
    if (target === URL_PATH) return serveCallbackUrl(request, state, this.options.responses);
    if (target === CERTIFICATES_PATH && method === 'GET') {
      return serveCertificates(state.merchant, state.certificates);
    }
    return serveComplaints(state, { ...request, upload }) ?? errorResponse(notFound());
  }

  private signingKey(state: MerchantState, { headers }: SimulatedRequest): TestPlatformKey {
    const key = this.keyFor(state, wantedSerial(headers));
    if (!key) throw new Error(`Merchant ${state.merchant.mchid} has no platform key to sign with.`);
    return key;
  }

  /** The key that a request asks for; without such a wish a certificate, where there is one. */
  private keyFor(
    { merchant, certificates }: MerchantState,
    wanted?: string,
  ): TestPlatformKey | undefined {
    const keys =
      merchant.mode === 'certificate' ? certificates : [merchant.publicKey, ...certificates];
    return wanted === undefined ? keys.at(-1) : keys.find(({ id }) => id === wanted);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
