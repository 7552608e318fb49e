import type { TestMerchant } from '../test-merchant.js';
import type { Delivery } from './notification-delivery.js';
import type { ComplaintEvent } from './simulated-response.js';
import type { SimulatedComplaint, SimulatedComplaintContent } from './state/complaint-record.js';
import type {
  SimulatedComplaints,
  SimulatedMessage,
  SimulatedPlatformRequest,
} from './state/simulated-complaints.js';

/** The result of a step. */
export interface SimulatedStep {
  /** The complaint after the step. */
  readonly complaint: SimulatedComplaint;
  /** The delivery of its notification. Undefined when no URL is registered, and when it is lost. */
  readonly delivery?: Delivery;
}

/**
 * The steps that consumers and the platform take. Each adds an entry to the history of the complaint,
 * sends the notification that WeChat Pay would send, and waits for the response to it. A step rejects
 * when there is no such complaint, or when the state of the complaint does not allow it.
 */
export abstract class SimulatedConsumer {
  /** A consumer complains: `COMPLAINT.CREATE`, `CREATE_COMPLAINT`. */
  complain(
    merchant: TestMerchant,
    content: SimulatedComplaintContent = {},
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.create(content));
  }

  /** The consumer complains again on the same order: `CONTINUE_COMPLAINT`. It is `PENDING` again. */
  continueComplaint(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage = {},
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.continue(complaintId, message));
  }

  /** The consumer leaves a message: `USER_RESPONSE`. */
  sendUserMessage(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage,
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.addUserMessage(complaintId, message));
  }

  /** The platform leaves a message: `RESPONSE_BY_PLATFORM`. */
  sendPlatformMessage(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage,
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) =>
      complaints.addPlatformMessage(complaintId, message),
    );
  }

  /** The consumer asks the platform to step in: `USER_APPLY_PLATFORM_SERVICE`. */
  applyPlatformService(
    merchant: TestMerchant,
    complaintId: string,
    request: SimulatedPlatformRequest = {},
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) =>
      complaints.applyPlatformService(complaintId, request),
    );
  }

  /** The consumer withdraws that request: `USER_CANCEL_PLATFORM_SERVICE`. */
  cancelPlatformService(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.cancelPlatformService(complaintId));
  }

  /** The platform has finished: `PLATFORM_SERVICE_FINISHED`. */
  finishPlatformService(
    merchant: TestMerchant,
    complaintId: string,
    message: SimulatedMessage = {},
  ): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) =>
      complaints.finishPlatformService(complaintId, message),
    );
  }

  /** The refund that the merchant has approved arrives: `REFUND_SUCCESS`. */
  settleRefund(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.settleRefund(complaintId));
  }

  /** The merchant refunds the orders in full, with the refund API: `SELLER_REFUND`. */
  refundOrders(merchant: TestMerchant, complaintId: string): Promise<SimulatedStep> {
    return this.takeStep(merchant, (complaints) => complaints.refundOrders(complaintId));
  }

  /** Changes the complaint and notifies the merchant of it. */
  protected abstract takeStep(
    merchant: TestMerchant,
    change: (complaints: SimulatedComplaints) => ComplaintEvent,
  ): Promise<SimulatedStep>;
}
