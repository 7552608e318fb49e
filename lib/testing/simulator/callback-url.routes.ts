import { callbackUrlProblems } from '../../protocol/callback-url.js';
import { parseJsonObject } from '../../utils/json.js';
import {
  errorResponse,
  invalidRequest,
  noContent,
  notFound,
  paramError,
  type SimulatedResponse,
  type SimulatedError,
  success,
} from './simulated-response.js';
import type { SimulatedRequest } from './request-authentication.js';
import type { TestMerchant } from '../test-merchant.js';

/** What the documentation leaves open, or tells in two ways. */
export interface CallbackUrlResponses {
  /** @default 400 RESOURCE_NOT_EXISTS, which is 404 elsewhere */
  readonly getWhenUnset?: SimulatedError;
  /** @default 400 INVALID_REQUEST */
  readonly createWhenSet?: SimulatedError | 'succeed';
  /** @default 400 RESOURCE_NOT_EXISTS */
  readonly updateWhenUnset?: SimulatedError | 'succeed';
  /** @default 400 RESOURCE_NOT_EXISTS */
  readonly deleteWhenUnset?: SimulatedError | 'succeed';
}

export const URL_PATH = '/v3/merchant-service/complaint-notifications';

const NOT_SET: SimulatedError = { ...notFound('投诉通知回调地址不存在'), status: 400 };
const ALREADY_SET = invalidRequest('投诉通知回调地址已存在');

/** The calls on the one URL that a merchant has: `state.url`. */
export function serveCallbackUrl(
  { method, body }: SimulatedRequest,
  state: { readonly merchant: TestMerchant; url?: string },
  answers: CallbackUrlResponses = {},
): SimulatedResponse {
  const current = (): SimulatedResponse => success({ mchid: state.merchant.mchid, url: state.url });
  const isSet = state.url !== undefined;
  switch (method) {
    case 'GET':
      return isSet ? current() : errorResponse(answers.getWhenUnset ?? NOT_SET);
    case 'DELETE': {
      const refusal = answers.deleteWhenUnset ?? NOT_SET;
      if (!isSet && refusal !== 'succeed') return errorResponse(refusal);
      state.url = undefined;
      return noContent();
    }
    case 'POST':
    case 'PUT': {
      const url = parseJsonObject(Buffer.from(body))?.url;
      const issues = callbackUrlProblems(url, true);
      if (typeof url !== 'string' || issues.length > 0) {
        return errorResponse(paramError('url', url, issues.join('; ')));
      }
      const refusal =
        method === 'POST'
          ? isSet && (answers.createWhenSet ?? ALREADY_SET)
          : !isSet && (answers.updateWhenUnset ?? NOT_SET);
      if (refusal && refusal !== 'succeed') return errorResponse(refusal);
      state.url = url;
      return current();
    }
    default:
      return errorResponse({
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        message: '不支持的请求方法',
      });
  }
}
