import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import type {
  Complaint,
  ComplaintMedia,
  ComplaintOrder,
} from '../../complaints/interfaces/complaint.interface.js';
import type { ComplaintHistoryEntry } from '../../complaints/interfaces/complaint-history.interface.js';
import type {
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
} from '../../complaints/interfaces/complaint-requests.interface.js';
import type { ComplaintActionType } from '../../notifications/complaint-notification-payload.interface.js';
import { toChinaTime } from '../china-time.js';
import {
  RequestRejection,
  type ComplaintEvent,
  invalidRequest,
  notFound,
} from './simulated-response.js';
import type { SimulatedImages } from './simulated-images.js';
import type { TestMerchant } from '../test-merchant.js';

/** What a consumer complains about; whatever is left out gets a sensible value. */
export interface SimulatedComplaintContent extends Partial<
  Pick<
    Complaint,
    | 'complaint_id'
    | 'complaint_time'
    | 'complaint_detail'
    | 'complainted_mchid'
    | 'payer_openid'
    | 'service_order_info'
    | 'problem_description'
    | 'problem_type'
    | 'apply_refund_amount'
    | 'user_tag_list'
    | 'additional_info'
    | 'need_immediate_service'
    | 'is_agent_mode'
  >
> {
  /** In plain text; the merchant gets it encrypted. */
  readonly payer_phone?: string;
  readonly order?: Partial<ComplaintOrder>;
  /** JPG, BMP or PNG. */
  readonly images?: readonly Uint8Array[];
}

/** What a consumer, or the platform, says. */
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

/** One complaint with all that belongs to it. */
interface Case {
  complaint: Complaint;
  /** Newest first. */
  readonly history: ComplaintHistoryEntry[];
  /** What the merchant has decided on the refund that is asked for now. */
  decision?: 'APPROVE' | 'REJECT';
  /** Log ids by idempotent id. */
  readonly answered: Map<string, string>;
}

interface Step extends Pick<ComplaintHistoryEntry, 'operator' | 'operate_type'> {
  readonly text?: string;
  /** Media ids. */
  readonly media?: readonly string[];
  readonly more?: Partial<ComplaintHistoryEntry>;
  /** What it changes of the complaint. */
  readonly changes?: Partial<Complaint>;
}

/** Real history names images by this host, whichever one was asked. */
const IMAGES_URL = 'https://api.mch.weixin.qq.com/v3/merchant-service/images/';
const CONSUMER = '投诉人';
const PLATFORM = '微信支付客服';
const SYSTEM = '系统';

/**
 * The complaints of one merchant, and how they change. Each step writes an entry of the history and
 * returns what is to be notified. Steps that the state of things does not allow throw a CallRefusal.
 */
export class SimulatedComplaints {
  private readonly cases = new Map<string, Case>();

  constructor(
    private readonly merchant: TestMerchant,
    private readonly images: SimulatedImages,
    /** Milliseconds since 1970. */
    private readonly clock: () => number,
  ) {}

  /** Newest first. */
  list(): Complaint[] {
    const time = ({ complaint_time = '' }: Complaint): number => Date.parse(complaint_time);
    return [...this.cases.values()]
      .map(({ complaint }) => complaint)
      .reverse()
      .sort((a, b) => time(b) - time(a));
  }

  get(id: string): Complaint {
    return this.find(id).complaint;
  }

  /** Newest first. */
  history(id: string): readonly ComplaintHistoryEntry[] {
    return this.find(id).history;
  }

  create({
    images = [],
    order,
    payer_phone,
    ...content
  }: SimulatedComplaintContent): ComplaintEvent {
    const media = images.map((image) => this.images.add(image));
    const amount = order?.amount ?? 1990;
    const complaint_id = content.complaint_id ?? `2000000000000${digits(14)}`;
    if (this.cases.has(complaint_id))
      throw new Error(`There is a complaint ${complaint_id} already.`);
    const complaint: Complaint = {
      complaint_detail: '商家发错货了，与商家沟通无果，希望退款',
      complainted_mchid: this.merchant.mchid,
      payer_openid: `oUpF8uMuAJO_${digits(16)}`,
      problem_description: '商品质量问题',
      problem_type: 'REFUND',
      user_tag_list: ['TRUSTED'],
      need_immediate_service: false,
      is_agent_mode: false,
      ...((content.problem_type ?? 'REFUND') === 'REFUND' && { apply_refund_amount: amount }),
      ...content,
      complaint_id,
      complaint_time: this.time(content.complaint_time),
      complaint_state: 'PENDING',
      payer_phone: this.encrypt(payer_phone ?? '13800138000'),
      complaint_media_list: media.length > 0 ? [toMedia('USER_COMPLAINT_IMAGE', media)] : [],
      complaint_order_info: [
        {
          transaction_id: `42000000${digits(20)}`,
          out_trade_no: `S${digits(18)}`,
          ...order,
          amount,
        },
      ],
      complaint_full_refunded: false,
      incoming_user_response: false,
      in_platform_service: false,
      user_complaint_times: 1,
    };
    const created: Case = { complaint, history: [], answered: new Map() };
    this.cases.set(complaint_id, created);
    const { complaint_detail: text, complaint_time: operate_time } = complaint;
    return this.take(created, 'CREATE_COMPLAINT', {
      operator: CONSUMER,
      operate_type: 'USER_CREATE_COMPLAINT',
      text,
      media,
      more: { operate_time },
    });
  }

  /** A complaint that is done is open again. */
  continue(id: string, message: SimulatedMessage): ComplaintEvent {
    const found = this.find(id);
    const { user_complaint_times = 0 } = found.complaint;
    found.decision = undefined;
    return this.take(found, 'CONTINUE_COMPLAINT', {
      operator: CONSUMER,
      operate_type: 'USER_CONTINUE_COMPLAINT',
      ...this.said(message),
      changes: {
        complaint_state: 'PENDING',
        incoming_user_response: true,
        user_complaint_times: user_complaint_times + 1,
      },
    });
  }

  addUserMessage(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.find(id), 'USER_RESPONSE', {
      operator: CONSUMER,
      operate_type: 'USER_RESPONSE',
      ...this.said(message),
      changes: { incoming_user_response: true },
    });
  }

  addPlatformMessage(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.find(id), 'RESPONSE_BY_PLATFORM', {
      operator: PLATFORM,
      operate_type: 'PLATFORM_RESPONSE',
      ...this.said(message),
    });
  }

  applyPlatformService(
    id: string,
    { reason = '商家未处理', description }: SimulatedPlatformRequest,
  ): ComplaintEvent {
    return this.take(this.find(id), 'USER_APPLY_PLATFORM_SERVICE', {
      operator: CONSUMER,
      operate_type: 'USER_APPLY_PLATFORM_SERVICE',
      more: {
        user_appy_platform_service_reason: reason,
        ...(description !== undefined && {
          user_appy_platform_service_reason_description: description,
        }),
      },
      changes: { in_platform_service: true },
    });
  }

  cancelPlatformService(id: string): ComplaintEvent {
    return this.take(this.inPlatformService(id), 'USER_CANCEL_PLATFORM_SERVICE', {
      operator: CONSUMER,
      operate_type: 'USER_CANCEL_PLATFORM_SERVICE',
      changes: { in_platform_service: false },
    });
  }

  finishPlatformService(id: string, message: SimulatedMessage): ComplaintEvent {
    return this.take(this.inPlatformService(id), 'PLATFORM_SERVICE_FINISHED', {
      operator: PLATFORM,
      operate_type: 'PLATFORM_SERVICE_FINISHED',
      ...this.said(message),
      changes: { in_platform_service: false },
    });
  }

  reply(id: string, { response_content, response_images }: ComplaintReply): ComplaintEvent {
    const found = this.find(id);
    return this.take(found, 'MERCHANT_RESPONSE', {
      operator: this.operatorOf(found),
      operate_type: 'MERCHANT_RESPONSE',
      text: response_content,
      media: response_images,
      changes: { ...actedOn(found), incoming_user_response: false },
    });
  }

  /** The same `idempotent_id` gives the same `log_id`, and nothing happens. */
  replyImmediately(
    id: string,
    { message, idempotent_id }: ImmediateComplaintReply,
  ): { readonly log_id: string; readonly event?: ComplaintEvent } {
    const found = this.find(id);
    const known = found.answered.get(idempotent_id);
    if (known !== undefined) return { log_id: known };
    const event = this.take(found, 'MERCHANT_RESPONSE', {
      operator: this.operatorOf(found),
      operate_type: 'MERCHANT_RESPONSE',
      more: {
        normal_message: { ...message, blocks: message.blocks.map((block) => ({ ...block })) },
      },
      changes: { ...actedOn(found), incoming_user_response: false },
    });
    const log_id = found.history[0]?.log_id ?? '';
    found.answered.set(idempotent_id, log_id);
    return { log_id, event };
  }

  complete(id: string): ComplaintEvent {
    const found = this.find(id);
    const { complaint_state } = found.complaint;
    if (complaint_state === 'PENDING') {
      throw new RequestRejection(invalidRequest('投诉单待处理，请先回复用户，再反馈处理完成'));
    }
    if (complaint_state === 'PROCESSED') {
      throw new RequestRejection(invalidRequest('投诉单已处理完成'));
    }
    return this.take(found, 'MERCHANT_CONFIRM_COMPLETE', {
      operator: this.operatorOf(found),
      operate_type: 'MERCHANT_CONFIRM_COMPLETE',
      changes: { complaint_state: 'PROCESSED', incoming_user_response: false },
    });
  }

  approveRefund(
    id: string,
    { launch_refund_day = 0, remark }: ComplaintRefundApproval,
  ): ComplaintEvent {
    return this.decide(id, 'APPROVE', {
      text:
        remark ??
        (launch_refund_day === 0 ? '将于今日退款' : `将于${launch_refund_day}个工作日内退款`),
    });
  }

  rejectRefund(
    id: string,
    { reject_reason, reject_media_list, remark }: ComplaintRefundRejection,
  ): ComplaintEvent {
    return this.decide(id, 'REJECT', { text: reject_reason ?? remark, media: reject_media_list });
  }

  /** The refund that the merchant has approved arrives. */
  settleRefund(id: string): ComplaintEvent {
    const found = this.find(id);
    if (found.decision !== 'APPROVE' || found.complaint.complaint_full_refunded) {
      throw new Error(`No refund of ${id} is approved and on its way.`);
    }
    return this.take(found, 'REFUND_SUCCESS', {
      operator: SYSTEM,
      operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
      text: '退款已到账',
      changes: { complaint_full_refunded: true },
    });
  }

  /** The merchant refunds all of it by the calls for orders. */
  refundOrders(id: string): ComplaintEvent {
    return this.take(this.find(id), 'SELLER_REFUND', {
      operator: SYSTEM,
      operate_type: 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE',
      text: '商家已全额退款',
      changes: { complaint_full_refunded: true },
    });
  }

  private decide(
    id: string,
    decision: 'APPROVE' | 'REJECT',
    said: Pick<Step, 'text' | 'media'>,
  ): ComplaintEvent {
    const found = this.find(id);
    const { problem_type, complaint_full_refunded } = found.complaint;
    if (problem_type !== 'REFUND') {
      throw new RequestRejection(invalidRequest('该投诉单不是申请退款类型'));
    }
    if (complaint_full_refunded || found.decision !== undefined) {
      throw new RequestRejection(invalidRequest('该退款申请已审批'));
    }
    found.decision = decision;
    const isApproved = decision === 'APPROVE';
    return this.take(found, isApproved ? 'MERCHANT_APPROVE_REFUND' : 'MERCHANT_REJECT_REFUND', {
      operator: this.operatorOf(found),
      operate_type: isApproved ? 'MERCHANT_APPROVE_REFUND' : 'MERCHANT_REFUSE_RERUND',
      ...said,
      changes: actedOn(found),
    });
  }

  private take(
    found: Case,
    action_type: ComplaintActionType,
    { text, media = [], more, changes, ...step }: Step,
  ): ComplaintEvent {
    found.complaint = { ...found.complaint, ...changes };
    found.history.unshift({
      log_id: `3000000000${digits(14)}`,
      operate_time: this.time(),
      ...step,
      ...(text !== undefined && { operate_details: text }),
      ...(media.length > 0 && {
        image_list: media.map(toUrl),
        complaint_media_list: [
          toMedia(
            action_type === 'CREATE_COMPLAINT' ? 'USER_COMPLAINT_IMAGE' : 'OPERATION_IMAGE',
            media,
          ),
        ],
      }),
      ...more,
    });
    return { complaint_id: found.complaint.complaint_id, action_type };
  }

  private find(id: string): Case {
    const found = this.cases.get(id);
    if (!found) throw new RequestRejection(notFound(`投诉单 ${id} 不存在`));
    return found;
  }

  private inPlatformService(id: string): Case {
    const found = this.find(id);
    if (found.complaint.in_platform_service) return found;
    throw new Error(`Nobody has asked the platform to step in on ${id}.`);
  }

  private said({ text, images = [] }: SimulatedMessage): Pick<Step, 'text' | 'media'> {
    return { text, media: images.map((image) => this.images.add(image)) };
  }

  private operatorOf({ complaint }: Case): string {
    return `商户 ${complaint.complainted_mchid ?? this.merchant.mchid}`;
  }

  private time(given?: string): string {
    return toChinaTime(given === undefined ? this.clock() : Date.parse(given));
  }

  /** As WeChat Pay does it: RSA-OAEP with SHA-1, for the merchant's certificate. */
  private encrypt(text: string): string {
    return publicEncrypt(
      {
        key: this.merchant.certificate,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: 'sha1',
      },
      Buffer.from(text),
    ).toString('base64');
  }
}

/** An answer to what nobody had acted on. */
function actedOn({ complaint }: Case): Partial<Complaint> {
  return complaint.complaint_state === 'PENDING' ? { complaint_state: 'PROCESSING' } : {};
}

function toMedia(media_type: ComplaintMedia['media_type'], ids: readonly string[]): ComplaintMedia {
  return { media_type, media_url: ids.map(toUrl) };
}

function toUrl(mediaId: string): string {
  return `${IMAGES_URL}${encodeURIComponent(mediaId)}`;
}

function digits(count: number): string {
  return BigInt(`0x${randomBytes(count).toString('hex')}`)
    .toString()
    .slice(-count);
}
