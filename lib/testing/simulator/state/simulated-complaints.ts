import type {
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
} from '../../../complaints/interfaces/complaint-requests.interface.js';
import type { ComplaintActionType } from '../../../notifications/complaint-notification-payload.interface.js';
import { toChinaTime } from '../../china-time.js';
import type { TestMerchant } from '../../test-merchant.js';
import {
  type ComplaintEvent,
  invalidRequest,
  notFound,
  RequestRejection,
} from '../simulated-response.js';
import {
  type ComplaintRecord,
  createRecord,
  type EntryFields,
  OPERATORS,
  presentComplaint,
  presentEntry,
  type SimulatedComplaint,
  type SimulatedComplaintContent,
  type SimulatedHistoryEntry,
} from './complaint-record.js';
import { digits } from './digits.js';
import type { SimulatedImages } from './simulated-images.js';

/** What a consumer, or the platform, writes. */
export interface SimulatedMessage {
  readonly text?: string;
  /** JPG, BMP or PNG. */
  readonly images?: readonly Uint8Array[];
}

/** Why a consumer asks the platform to step in. */
export interface SimulatedPlatformRequest {
  readonly reason?: string;
  readonly description?: string;
}

interface Step extends Pick<EntryFields, 'operate_type'> {
  readonly by: keyof typeof OPERATORS;
  readonly text?: string;
  /** Keys. */
  readonly images?: readonly string[];
  /** Further fields of the entry. */
  readonly fields?: Partial<EntryFields>;
  /** What the step changes in the complaint. */
  readonly changes?: Partial<SimulatedComplaint>;
}

/**
 * The complaints of one merchant, and how they change. Each step adds an entry to the history and
 * returns the event to notify. When the state of the complaint does not allow a step, a step of the
 * merchant throws a RequestRejection, which becomes the response, and any other step an Error.
 */
export class SimulatedComplaints {
  private readonly records = new Map<string, ComplaintRecord>();
  /** Newest first; of the same time the one that was added last. */
  private readonly sorted: ComplaintRecord[] = [];

  constructor(
    private merchant: TestMerchant,
    private readonly images: SimulatedImages,
    /** Milliseconds since 1970. */
    private readonly clock: () => number,
  ) {}

  has(id: string): boolean {
    return this.records.has(id);
  }

  /** Newest first. */
  list(): SimulatedComplaint[] {
    return this.sorted.map((record) => presentComplaint(record, this.images));
  }

  /**
   * The complaints that match, newest first. Only those of a page are presented, because an app may read
   * a long list page by page.
   */
  search(matches: (complaint: ComplaintRecord['complaint']) => boolean): {
    readonly count: number;
    readonly page: (offset: number, limit: number) => SimulatedComplaint[];
  } {
    const found = this.sorted.filter(({ complaint }) => matches(complaint));
    return {
      count: found.length,
      page: (offset, limit) =>
        found.slice(offset, offset + limit).map((record) => presentComplaint(record, this.images)),
    };
  }

  /** @throws RequestRejection RESOURCE_NOT_EXISTS */
  get(id: string): SimulatedComplaint {
    return presentComplaint(this.find(id), this.images);
  }

  /** Phone numbers of new complaints are encrypted for this certificate from now on. */
  setMerchant(merchant: TestMerchant): void {
    this.merchant = merchant;
  }

  /** The merchant that a complaint is about. @throws RequestRejection RESOURCE_NOT_EXISTS */
  complaintedMchid(id: string): string {
    return this.find(id).complaint.complainted_mchid;
  }

  /** Newest first. @throws RequestRejection RESOURCE_NOT_EXISTS */
  history(id: string): readonly SimulatedHistoryEntry[] {
    return this.find(id).history.map((entry) => presentEntry(entry, this.images));
  }

  create(content: SimulatedComplaintContent): ComplaintEvent {
    if (content.complaint_id !== undefined && this.has(content.complaint_id)) {
      throw new Error(`There is already a complaint ${content.complaint_id}.`);
    }
    const { complaint_time } = content;
    const time = complaint_time === undefined ? this.clock() : Date.parse(complaint_time);
    const images = (content.images ?? []).map((image) => this.images.add(image));
    const record = createRecord(this.merchant, content, images, toChinaTime(time));
    this.records.set(record.complaint.complaint_id, record);
    this.sorted.splice(this.positionOf(record), 0, record);
    return this.take(record, 'CREATE_COMPLAINT', {
      by: 'consumer',
      operate_type: 'USER_CREATE_COMPLAINT',
      text: record.complaint.complaint_detail,
      images,
      fields: { operate_time: record.complaint.complaint_time },
    });
  }

  /** The complaint is `PENDING` again, and its refund can be decided again. */
  continue(id: string, message: SimulatedMessage): ComplaintEvent {
    const record = this.find(id);
    const { user_complaint_times } = record.complaint;
    record.decision = undefined;
    return this.take(record, 'CONTINUE_COMPLAINT', {
      by: 'consumer',
      operate_type: 'USER_CONTINUE_COMPLAINT',
      ...this.contentOf(message),
      changes: {
        complaint_state: 'PENDING',
        incoming_user_response: true,
        user_complaint_times: user_complaint_times + 1,
      },
    });
  }

  addUserMessage(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.find(id), 'USER_RESPONSE', {
      by: 'consumer',
      operate_type: 'USER_RESPONSE',
      ...this.contentOf(message),
      changes: { incoming_user_response: true },
    });
  }

  addPlatformMessage(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.find(id), 'RESPONSE_BY_PLATFORM', {
      by: 'platform',
      operate_type: 'PLATFORM_RESPONSE',
      ...this.contentOf(message),
    });
  }

  applyPlatformService(
    id: string,
    { reason = '商家未处理', description }: SimulatedPlatformRequest,
  ): ComplaintEvent {
    return this.take(this.find(id), 'USER_APPLY_PLATFORM_SERVICE', {
      by: 'consumer',
      operate_type: 'USER_APPLY_PLATFORM_SERVICE',
      fields: {
        user_appy_platform_service_reason: reason,
        ...(description !== undefined && {
          user_appy_platform_service_reason_description: description,
        }),
      },
      changes: { in_platform_service: true },
    });
  }

  cancelPlatformService(id: string): ComplaintEvent {
    return this.take(this.findWithPlatform(id), 'USER_CANCEL_PLATFORM_SERVICE', {
      by: 'consumer',
      operate_type: 'USER_CANCEL_PLATFORM_SERVICE',
      changes: { in_platform_service: false },
    });
  }

  finishPlatformService(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.findWithPlatform(id), 'PLATFORM_SERVICE_FINISHED', {
      by: 'platform',
      operate_type: 'PLATFORM_SERVICE_FINISHED',
      ...this.contentOf(message),
      changes: { in_platform_service: false },
    });
  }

  reply(id: string, { response_content, response_images }: ComplaintReply): ComplaintEvent {
    const record = this.find(id);
    return this.take(record, 'MERCHANT_RESPONSE', {
      by: 'merchant',
      operate_type: 'MERCHANT_RESPONSE',
      text: response_content,
      images: this.uploaded(response_images),
      changes: { ...stateAfterAction(record), incoming_user_response: false },
    });
  }

  /** A second reply with the same `idempotent_id` changes nothing and returns the same `log_id`. */
  replyImmediately(
    id: string,
    { message, idempotent_id }: ImmediateComplaintReply,
  ): { readonly log_id: string; readonly event?: ComplaintEvent } {
    const record = this.find(id);
    const known = record.immediateReplies.get(idempotent_id);
    if (known !== undefined) return { log_id: known };
    const event = this.take(record, 'MERCHANT_RESPONSE', {
      by: 'merchant',
      operate_type: 'MERCHANT_RESPONSE',
      fields: { normal_message: message },
      changes: { ...stateAfterAction(record), incoming_user_response: false },
    });
    const log_id = record.history[0]?.fields.log_id ?? '';
    record.immediateReplies.set(idempotent_id, log_id);
    return { log_id, event };
  }

  complete(id: string): ComplaintEvent {
    const record = this.find(id);
    const { complaint_state } = record.complaint;
    if (complaint_state === 'PENDING') {
      throw new RequestRejection(invalidRequest('投诉单待处理，请先回复用户，再反馈处理完成'));
    }
    if (complaint_state === 'PROCESSED') {
      throw new RequestRejection(invalidRequest('投诉单已处理完成'));
    }
    return this.take(record, 'MERCHANT_CONFIRM_COMPLETE', {
      by: 'merchant',
      operate_type: 'MERCHANT_CONFIRM_COMPLETE',
      changes: { complaint_state: 'PROCESSED', incoming_user_response: false },
    });
  }

  approveRefund(
    id: string,
    { launch_refund_day = 0, remark }: ComplaintRefundApproval,
  ): ComplaintEvent {
    const promise =
      launch_refund_day === 0 ? '将于今日退款' : `将于${launch_refund_day}个工作日内退款`;
    return this.decide(id, 'APPROVE', { text: remark ?? promise });
  }

  rejectRefund(
    id: string,
    { reject_reason, reject_media_list, remark }: ComplaintRefundRejection,
  ): ComplaintEvent {
    const images = this.uploaded(reject_media_list);
    return this.decide(id, 'REJECT', { text: reject_reason ?? remark, images });
  }

  /** The refund that the merchant has approved arrives. */
  settleRefund(id: string): ComplaintEvent {
    const record = this.find(id);
    if (record.decision !== 'APPROVE' || record.complaint.complaint_full_refunded) {
      throw new Error(`No refund of complaint ${id} is approved and under way.`);
    }
    return this.take(record, 'REFUND_SUCCESS', {
      by: 'system',
      operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
      text: '退款已到账',
      changes: { complaint_full_refunded: true },
    });
  }

  /** The merchant refunds the orders in full, with the refund API. */
  refundOrders(id: string): ComplaintEvent {
    return this.take(this.find(id), 'SELLER_REFUND', {
      by: 'system',
      operate_type: 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE',
      text: '商家已全额退款',
      changes: { complaint_full_refunded: true },
    });
  }

  private decide(
    id: string,
    decision: 'APPROVE' | 'REJECT',
    content: Pick<Step, 'text' | 'images'>,
  ): ComplaintEvent {
    const record = this.find(id);
    const { problem_type, complaint_full_refunded } = record.complaint;
    if (problem_type !== 'REFUND') {
      throw new RequestRejection(invalidRequest('该投诉单不是申请退款类型'));
    }
    if (complaint_full_refunded || record.decision !== undefined) {
      throw new RequestRejection(invalidRequest('当前单据状态不支持操作，请检查是否重复调用'));
    }
    record.decision = decision;
    const isApproved = decision === 'APPROVE';
    return this.take(record, isApproved ? 'MERCHANT_APPROVE_REFUND' : 'MERCHANT_REJECT_REFUND', {
      by: 'merchant',
      operate_type: isApproved ? 'MERCHANT_APPROVE_REFUND' : 'MERCHANT_REFUSE_RERUND',
      ...content,
      changes: stateAfterAction(record),
    });
  }

  /** All times have the same form and offset, so that they can be compared as text. */
  private positionOf({ complaint: { complaint_time } }: ComplaintRecord): number {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const isNewer = (this.sorted[middle]?.complaint.complaint_time ?? '') > complaint_time;
      if (isNewer) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private take(
    record: ComplaintRecord,
    action_type: ComplaintActionType,
    { by, operate_type, text, images = [], fields, changes }: Step,
  ): ComplaintEvent {
    record.complaint = { ...record.complaint, ...changes };
    record.history.unshift({
      fields: {
        log_id: `3000000000${digits(14)}`,
        operator: OPERATORS[by],
        operate_time: toChinaTime(this.clock()),
        operate_type,
        ...(text !== undefined && { operate_details: text }),
        ...fields,
      },
      images,
      media_type: action_type === 'CREATE_COMPLAINT' ? 'USER_COMPLAINT_IMAGE' : 'OPERATION_IMAGE',
    });
    return { complaint_id: record.complaint.complaint_id, action_type };
  }

  private find(id: string): ComplaintRecord {
    const record = this.records.get(id);
    if (!record) throw new RequestRejection(notFound(`投诉单 ${id} 不存在`));
    return record;
  }

  private findWithPlatform(id: string): ComplaintRecord {
    const record = this.find(id);
    if (record.complaint.in_platform_service) return record;
    throw new Error(`Nobody has asked the platform to step in on complaint ${id}.`);
  }

  private contentOf({ text, images = [] }: SimulatedMessage): Pick<Step, 'text' | 'images'> {
    return { text, images: images.map((image) => this.images.add(image)) };
  }

  /** Keys of images by their media ids, which the routes have checked. */
  private uploaded(mediaIds: readonly string[] = []): string[] {
    return mediaIds.flatMap((mediaId) => this.images.uploaded(mediaId) ?? []);
  }
}

/** With the merchant's first action a complaint is no longer PENDING. */
function stateAfterAction({ complaint }: ComplaintRecord): Partial<SimulatedComplaint> {
  return complaint.complaint_state === 'PENDING' ? { complaint_state: 'PROCESSING' } : {};
}
