import { callbackUrlProblems } from '../../../protocol/callback-url.js';
import { parseJsonObject } from '../../../utils/json.js';
import {
  errorResponse,
  invalidRequest,
  noContent,
  notFound,
  paramError,
  type SimulatedError,
  type SimulatedResponse,
  success,
} from '../simulated-response.js';
import type { SimulatedCall } from './route-table.js';

/** Responses that the documentation leaves open, or describes in two ways. */
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

const NOT_SET: SimulatedError = { ...notFound('投诉通知回调地址不存在'), status: 400 };
const ALREADY_SET = invalidRequest('投诉通知回调地址已存在');

/** The four calls for the callback URL of a merchant. */
export function respondWithCallbackUrl(
  { request: { method, body }, state }: SimulatedCall,
  responses: CallbackUrlResponses = {},
): SimulatedResponse {
  const { mchid } = state.merchant;
  const registration = (): SimulatedResponse => success({ mchid, url: state.callbackUrl });
  const isSet = state.callbackUrl !== undefined;
  switch (method) {
    case 'GET':
      return isSet ? registration() : errorResponse(responses.getWhenUnset ?? NOT_SET);
    case 'DELETE': {
      const whenUnset = responses.deleteWhenUnset ?? NOT_SET;
      if (!isSet && whenUnset !== 'succeed') return errorResponse(whenUnset);
      state.callbackUrl = undefined;
      return noContent();
    }
    case 'POST':
    case 'PUT': {
      const url = parseJsonObject(Buffer.from(body))?.url;
      const issues = callbackUrlProblems(url, true);
      if (typeof url !== 'string' || issues.length > 0) {
        return errorResponse(paramError('url', url, issues.join('; ')));
      }
      const rejection =
        method === 'POST'
          ? isSet && (responses.createWhenSet ?? ALREADY_SET)
          : !isSet && (responses.updateWhenUnset ?? NOT_SET);
      if (rejection && rejection !== 'succeed') return errorResponse(rejection);
      state.callbackUrl = url;
      return registration();
    }
    default:
      return errorResponse({
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        message: '不支持的请求方法',
      });
  }
}
