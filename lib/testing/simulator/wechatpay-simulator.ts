import type {
  MerchantOptions,
  SingleMerchantOptions,
} from '../../config/wechatpay-complaint-options.interface.js';
import {
  createTestCertificate,
  type TestMerchant,
  type TestPlatformKey,
} from '../test-merchant.js';
import { SimulatedConsumer, type SimulatedStep } from './consumer.js';
import type { SimulatedFault } from './faults.js';
import type { Delivery, NotifyOptions } from './notification-delivery.js';
import {
  type LostNotification,
  NotificationSender,
  type NotificationSenderOptions,
} from './notification-sender.js';
import type { SimulatedRequest } from './request-authentication.js';
import { createRouter, type SimulatedApiOptions } from './routes/router.js';
import type { ComplaintEvent } from './simulated-response.js';
import { SimulatorServer } from './simulator-server.js';
import { ImageLinks } from './state/image-links.js';
import { SimulatedMerchants } from './state/merchant-state.js';
import type { SimulatedComplaint, SimulatedHistoryEntry } from './state/complaint-record.js';
import type { SimulatedComplaints } from './state/simulated-complaints.js';

export interface WechatPaySimulatorOptions extends SimulatedApiOptions, NotificationSenderOptions {
  /** Their ids must differ. */
  readonly merchants: readonly TestMerchant[];
  /** Runs before a call takes effect. When it throws, the connection is closed. */
  readonly onRequest?: (request: SimulatedRequest) => void | Promise<void>;
  /** Runs after each response. A request without a response, by a fault, is left out. */
  readonly onResponse?: (request: SimulatedRequest, status: number) => void;
  /** Where to listen. @default a free port */
  readonly port?: number;
  /**
   * Milliseconds since 1970, for the times of complaints, of their history, of their notifications and
   * of links to images. Signatures always have the real time. @default Date.now
   */
  readonly clock?: () => number;
}

/**
 * A WeChat Pay on loopback. A real HTTP server serves the calls for the callback URL, for complaints
 * and their images, and `/v3/certificates`: it verifies requests and signs responses as WeChat Pay
 * does. A simulated consumer complains, and a sender delivers the notifications.
 *
 * ```ts
 * const merchant = await createTestMerchant();
 * const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
 * WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant));
 * const { complaint } = await simulator.complain(merchant, { complaint_detail: '没有收到货' });
 * await simulator.sendUserMessage(merchant, complaint.complaint_id, { text: '请尽快处理' });
 * await simulator.stop();
 * ```
 */
export class WechatPaySimulator extends SimulatedConsumer {
  private readonly merchants: SimulatedMerchants;
  private readonly sender: NotificationSender;
  private readonly server: SimulatorServer;

  private constructor(options: WechatPaySimulatorOptions) {
    super();
    const { merchants, clock = Date.now, onRequest, onResponse, port } = options;
    const links = new ImageLinks(() => this.url, clock);
    this.merchants = new SimulatedMerchants(merchants, links, clock);
    this.sender = new NotificationSender(options, clock);
    this.server = new SimulatorServer({
      merchants: this.merchants,
      route: createRouter(options),
      onRequest,
      onResponse,
      port,
      onEvent: (state, event) => {
        this.sender.sendMerchantAction(state, event);
      },
    });
  }

  /**
   * Listens on 127.0.0.1.
   *
   * @throws Error when two merchants have the same id, or when the port is in use
   */
  static async start(options: WechatPaySimulatorOptions): Promise<WechatPaySimulator> {
    const simulator = new WechatPaySimulator(options);
    await simulator.server.start();
    return simulator;
  }

  /** Closes all connections and ends all deliveries. */
  async stop(): Promise<void> {
    this.sender.stop();
    await this.server.stop();
  }

  /** For the option `baseUrls`. @throws Error when the simulator has stopped */
  get url(): string {
    return this.server.url;
  }

  /** Every request that was received, oldest first. */
  get requests(): readonly SimulatedRequest[] {
    return this.server.requests;
  }

  /** The merchant's options with this simulator as WeChat Pay. */
  moduleOptions({ options }: TestMerchant): SingleMerchantOptions {
    return { ...options, baseUrls: [this.url] };
  }

  /**
   * The merchant's options for the option `merchants`, or for the result of its `find`, with this
   * simulator as WeChat Pay. An app behind a proxy needs `request: { proxy: false }` beside it.
   */
  merchantOptions({ merchantOptions }: TestMerchant): MerchantOptions {
    return { ...merchantOptions, baseUrls: [this.url] };
  }

  /** The merchant's environment variables with this simulator as WeChat Pay. */
  environment({ environment }: TestMerchant): Readonly<Record<string, string>> {
    return { ...environment, WECHATPAY_BASE_URLS: this.url };
  }

  /**
   * Adds a merchant, or replaces all keys of the one with this id: `createTestMerchant({ mchid })` makes
   * new ones. Its callback URL and its complaints stay.
   */
  setMerchant(merchant: TestMerchant): void {
    this.merchants.set(merchant);
  }

  /** The callback URL that is registered now. */
  registeredUrl(merchant: TestMerchant): string | undefined {
    return this.merchants.get(merchant).callbackUrl;
  }

  /** Registers a URL, or none, without a call: as another instance of the app would. */
  setRegisteredUrl(merchant: TestMerchant, url: string | undefined): void {
    this.merchants.get(merchant).callbackUrl = url;
  }

  /**
   * Maps the host of a registered URL to where the app listens, because the simulator posts to
   * loopback only: `simulator.mapHost('shop.example.com', 'http://127.0.0.1:3000')`.
   *
   * @throws Error when the origin is not on loopback
   */
  mapHost(hostname: string, origin: string): void {
    this.sender.mapHost(hostname, origin);
  }

  /** Makes the next responses faulty, one fault each. */
  injectFaults(...faults: SimulatedFault[]): void {
    this.server.faults.push(...faults);
  }

  /**
   * Lists a new platform certificate and signs with it from now on. The previous ones stay listed,
   * unless `keepListed` is false.
   */
  async rotateCertificate(
    merchant: TestMerchant,
    {
      keepListed = true,
      certificate,
    }: { keepListed?: boolean; certificate?: TestPlatformKey } = {},
  ): Promise<TestPlatformKey> {
    const state = this.merchants.get(merchant);
    const next = certificate ?? (await createTestCertificate());
    state.certificates = keepListed ? [...state.certificates, next] : [next];
    return next;
  }

  /**
   * Sends a notification to the registered URL and waits for the response. With `redeliver` it waits
   * until one is accepted, or the schedule has ended.
   *
   * @throws Error when no URL is registered, or its host is neither on loopback nor mapped
   */
  async notify(merchant: TestMerchant, options: NotifyOptions = {}): Promise<Delivery> {
    return this.sender.send(this.merchants.get(merchant), options);
  }

  /** The notifications that `losesNotification` has kept from being sent, oldest first. */
  get lostNotifications(): readonly LostNotification[] {
    return this.sender.lost;
  }

  /** All complaints, newest first, as the service would send them now. */
  complaints(merchant: TestMerchant): readonly SimulatedComplaint[] {
    return this.merchants.get(merchant).complaints.list();
  }

  /** The history of a complaint, newest first, as the service would send it now. */
  complaintHistory(merchant: TestMerchant, complaintId: string): readonly SimulatedHistoryEntry[] {
    return this.merchants.get(merchant).complaints.history(complaintId);
  }

  /**
   * Waits for the notifications of the merchant's own actions, which are sent after the response to the
   * call. Returns the deliveries since the last call: none without `notifyMerchantActions`, or without a
   * registered URL.
   *
   * @throws Error when one cannot be sent, because the host of the URL is neither on loopback nor
   * mapped
   */
  async idle(): Promise<readonly Delivery[]> {
    return this.sender.idle();
  }

  protected async takeStep(
    merchant: TestMerchant,
    change: (complaints: SimulatedComplaints) => ComplaintEvent,
  ): Promise<SimulatedStep> {
    const state = this.merchants.get(merchant);
    const event = change(state.complaints);
    const complaint = state.complaints.get(event.complaint_id);
    return { complaint, delivery: await this.sender.sendEvent(state, event) };
  }
}
