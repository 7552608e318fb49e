import { isLoopbackHost } from '../../protocol/callback-url.js';
import type { ComplaintActionType } from '../../notifications/complaint-notification-payload.interface.js';
import type { SimulatedStep } from '../../testing/simulator/consumer.js';
import type { Delivery, NotificationKind } from '../../testing/simulator/notification-delivery.js';
import type { SimulatedComplaintContent } from '../../testing/simulator/state/complaint-record.js';
import type { SimulatedMessage } from '../../testing/simulator/state/simulated-complaints.js';
import { WechatPaySimulator } from '../../testing/simulator/wechatpay-simulator.js';
import type { TestMerchant } from '../../testing/test-merchant.js';
import { judgeResponse, type ResponseVerdict } from '../notification-response.js';
import type { MerchantFolder } from './merchant-folder.js';

export interface SimulationSettings {
  readonly folder: MerchantFolder;
  /** 0 for a free port. */
  readonly port: number;
  /** Where the app listens, whatever host its registered URL has. */
  readonly app: string;
}

/** A call that the app has made. */
export interface SimulatedCallRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly method: string;
  readonly target: string;
  readonly status: number;
}

/** A notification that was sent to the app, with its responses. */
export interface DeliveryRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
  readonly kind: NotificationKind;
  readonly complaint_id: string;
  readonly action_type: ComplaintActionType;
  readonly responses: readonly (ResponseVerdict & {
    readonly status?: number;
    readonly body: string;
  })[];
}

/** What has happened just now, if it is a call or a delivery. */
export interface SimulationChange {
  readonly call?: SimulatedCallRecord;
  readonly delivery?: DeliveryRecord;
}

/** A notification to send, about a complaint or about none that exists. */
export interface NotificationOrder {
  readonly action_type: ComplaintActionType;
  readonly complaint_id: string;
  readonly kind: NotificationKind;
  readonly copies: number;
  /** @default a new one */
  readonly id?: string;
}

/** What a consumer or the platform can do about a complaint. */
export type StepName =
  | 'message'
  | 'continue'
  | 'platform-message'
  | 'apply-platform'
  | 'cancel-platform'
  | 'finish-platform'
  | 'settle-refund'
  | 'refund-orders';

/** How many calls and deliveries are kept for the page. */
const KEPT = 100;

const ACTIONS: Readonly<Record<StepName, ComplaintActionType>> = {
  message: 'USER_RESPONSE',
  continue: 'CONTINUE_COMPLAINT',
  'platform-message': 'RESPONSE_BY_PLATFORM',
  'apply-platform': 'USER_APPLY_PLATFORM_SERVICE',
  'cancel-platform': 'USER_CANCEL_PLATFORM_SERVICE',
  'finish-platform': 'PLATFORM_SERVICE_FINISHED',
  'settle-refund': 'REFUND_SUCCESS',
  'refund-orders': 'SELLER_REFUND',
};

export function isStepName(name: unknown): name is StepName {
  return typeof name === 'string' && Object.hasOwn(ACTIONS, name);
}

/** A simulator with one merchant, and a record of what went back and forth. */
export class Simulation {
  /** Newest first. */
  readonly calls: SimulatedCallRecord[] = [];
  /** Newest first. */
  readonly deliveries: DeliveryRecord[] = [];
  private readonly listeners = new Set<(change: SimulationChange) => void>();

  private constructor(
    readonly merchant: TestMerchant,
    readonly simulator: WechatPaySimulator,
    private readonly settings: SimulationSettings,
  ) {}

  /** @throws Error when the port is in use */
  static async start(settings: SimulationSettings): Promise<Simulation> {
    const { folder, port } = settings;
    const { merchant, registeredUrl } = folder;
    const simulator = await WechatPaySimulator.start({
      merchants: [merchant],
      port,
      onResponse: ({ method, target }, status) => {
        simulation.recordCall({ time: Date.now(), method, target, status });
      },
    });
    const simulation = new Simulation(merchant, simulator, settings);
    simulator.setRegisteredUrl(merchant, registeredUrl);
    return simulation;
  }

  stop(): Promise<void> {
    return this.simulator.stop();
  }

  /** Calls back after everything that a page or a log shows. @returns ends that */
  onChange(listener: (change: SimulationChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get registeredUrl(): string | undefined {
    return this.simulator.registeredUrl(this.merchant);
  }

  /** Registers a URL without a call of the app. */
  register(url: string | undefined): void {
    this.simulator.setRegisteredUrl(this.merchant, url);
    this.settings.folder.registeredUrl = url;
    this.announce();
  }

  /** A consumer complains. */
  async complain(content: SimulatedComplaintContent): Promise<void> {
    await this.take('CREATE_COMPLAINT', () => this.simulator.complain(this.merchant, content));
  }

  /** @throws Error when there is no such complaint, or its state does not allow the step */
  async step(name: StepName, id: string, message: SimulatedMessage): Promise<void> {
    const { merchant, simulator } = this;
    await this.take(ACTIONS[name], () => {
      switch (name) {
        case 'message':
          return simulator.sendUserMessage(merchant, id, message);
        case 'continue':
          return simulator.continueComplaint(merchant, id, message);
        case 'platform-message':
          return simulator.sendPlatformMessage(merchant, id, message);
        case 'apply-platform':
          return simulator.applyPlatformService(merchant, id, { description: message.text });
        case 'cancel-platform':
          return simulator.cancelPlatformService(merchant, id);
        case 'finish-platform':
          return simulator.finishPlatformService(merchant, id, message);
        case 'settle-refund':
          return simulator.settleRefund(merchant, id);
        case 'refund-orders':
          return simulator.refundOrders(merchant, id);
      }
    });
  }

  /** @throws Error when no URL is registered */
  async notify({ action_type, complaint_id, kind, copies, id }: NotificationOrder): Promise<void> {
    this.locateApp();
    const delivery = await this.simulator.notify(this.merchant, {
      id,
      kind,
      copies,
      event_type:
        action_type === 'CREATE_COMPLAINT' ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id, action_type },
    });
    this.recordDelivery(delivery, { action_type, complaint_id, kind });
  }

  private async take(
    action_type: ComplaintActionType,
    step: () => Promise<SimulatedStep>,
  ): Promise<void> {
    this.locateApp();
    const { complaint, delivery } = await step();
    const { complaint_id } = complaint;
    if (delivery) this.recordDelivery(delivery, { action_type, complaint_id, kind: 'genuine' });
    else this.announce();
  }

  /** The app registers a public host, but it listens on this machine. */
  private locateApp(): void {
    const url = this.registeredUrl;
    if (url === undefined) return;
    const { hostname } = new URL(url);
    if (!isLoopbackHost(hostname)) this.simulator.mapHost(hostname, this.settings.app);
  }

  private recordDelivery(
    { id, attempts }: Delivery,
    about: Pick<DeliveryRecord, 'action_type' | 'complaint_id' | 'kind'>,
  ): void {
    const responses = attempts.map((attempt) => ({
      ...attempt,
      ...judgeResponse(attempt, about.kind, attempts.length),
    }));
    const delivery = { time: Date.now(), id, ...about, responses };
    this.deliveries.unshift(delivery);
    this.deliveries.splice(KEPT);
    this.announce({ delivery });
  }

  private recordCall(call: SimulatedCallRecord): void {
    this.calls.unshift(call);
    this.calls.splice(KEPT);
    this.settings.folder.registeredUrl = this.registeredUrl;
    this.announce({ call });
  }

  private announce(change: SimulationChange = {}): void {
    for (const listener of this.listeners) listener(change);
  }
}
