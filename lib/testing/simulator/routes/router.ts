import { CallCounter, type SimulatedQuotas } from '../call-counter.js';
import {
  errorResponse,
  notFound,
  rateLimited,
  type SimulatedResponse,
} from '../simulated-response.js';
import { type CallbackUrlResponses, respondWithCallbackUrl } from './callback-url.routes.js';
import { respondWithCertificates } from './certificates.routes.js';
import { complaintRoutes } from './complaint.routes.js';
import { IMAGE_ROUTES } from './image.routes.js';
import { CALLBACK_URL_PATH, CERTIFICATES_PATH } from './paths.js';
import { respondByTable, type SimulatedCall } from './route-table.js';

export interface SimulatedApiOptions {
  /** Responses that the documentation leaves open, or describes in two ways. */
  readonly responses?: CallbackUrlResponses;
  /**
   * Number of entries that a page of a list or history may have. A larger page is rejected with
   * INVALID_REQUEST, 当前查询结果数据量过大，请缩小limit后重试. @default only the limit of the API
   */
  readonly maxResultSize?: number;
  /**
   * Calls a minute of each merchant, such as `DOCUMENTED_QUOTAS`. One too many in the last 60 s is
   * rejected with 429 FREQUENCY_LIMITED. @default no limits
   */
  readonly quotas?: Partial<SimulatedQuotas>;
}

/** Carries out an authenticated call. */
export function createRouter({
  responses,
  maxResultSize,
  quotas = {},
}: SimulatedApiOptions): (call: SimulatedCall) => SimulatedResponse {
  const routes = [...complaintRoutes(maxResultSize), ...IMAGE_ROUTES];
  const counter = new CallCounter(quotas);
  return (call) => {
    const { method, target } = call.request;
    if (!counter.allows(call.state.merchant.mchid, method, target)) {
      return errorResponse(rateLimited());
    }
    if (target === CALLBACK_URL_PATH) return respondWithCallbackUrl(call, responses);
    if (target === CERTIFICATES_PATH && method === 'GET') return respondWithCertificates(call);
    return respondByTable(routes, call) ?? errorResponse(notFound());
  };
}
