import { callbackUrlProblems } from '../protocol/callback-url.js';
import { parseJsonObject } from '../protocol/json.js';
import {
  errorAnswer,
  invalidRequest,
  noContent,
  notFound,
  paramError,
  type SimulatedAnswer,
  type SimulatedError,
  success,
} from './simulated-answer.js';
import type { SimulatedRequest } from './request-authentication.js';
import type { TestMerchant } from './test-merchant.js';

/** What the documentation leaves open, or tells in two ways. */
export interface CallbackUrlAnswers {
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
export function answerUrlCall(
  { method, body }: SimulatedRequest,
  state: { readonly merchant: TestMerchant; url?: string },
  answers: CallbackUrlAnswers = {},
): SimulatedAnswer {
  const current = (): SimulatedAnswer => success({ mchid: state.merchant.mchid, url: state.url });
  const isSet = state.url !== undefined;
  switch (method) {
    case 'GET':
      return isSet ? current() : errorAnswer(answers.getWhenUnset ?? NOT_SET);
    case 'DELETE': {
      const refusal = answers.deleteWhenUnset ?? NOT_SET;
      if (!isSet && refusal !== 'succeed') return errorAnswer(refusal);
      state.url = undefined;
      return noContent();
    }
    case 'POST':
    case 'PUT': {
      const url = parseJsonObject(Buffer.from(body))?.url;
      const issues = callbackUrlProblems(url, true);
      if (typeof url !== 'string' || issues.length > 0) {
        return errorAnswer(paramError('url', url, issues.join('; ')));
      }
      const refusal =
        method === 'POST'
          ? isSet && (answers.createWhenSet ?? ALREADY_SET)
          : !isSet && (answers.updateWhenUnset ?? NOT_SET);
      if (refusal && refusal !== 'succeed') return errorAnswer(refusal);
      state.url = url;
      return current();
    }
    default:
      return errorAnswer({
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        message: '不支持的请求方法',
      });
  }
}
