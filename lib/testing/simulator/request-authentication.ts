import { createPublicKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AuthorizationValues, requestMessage } from '../../protocol/authorization.js';
import { verifyRsaSha256 } from '../../protocol/rsa.js';
import type { TestMerchant } from '../test-merchant.js';
import { parseAuthorization } from './parse-authorization.js';
import { IMAGES_PATH } from './routes/paths.js';
import { invalidRequest, RequestRejection, type SimulatedError } from './simulated-response.js';
import type { MerchantState, SimulatedMerchants } from './state/merchant-state.js';

/** A request as the simulator received it. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** What the signature covers: in an image upload only the text of `meta`. */
  readonly body: string;
}

const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * The merchant that sent a request. Checks its headers, its Authorization and the platform key that
 * it names in Wechatpay-Serial, in this order.
 *
 * @throws RequestRejection INVALID_REQUEST, SIGN_ERROR
 */
export function authenticate(
  request: SimulatedRequest,
  merchants: SimulatedMerchants,
): MerchantState {
  if (!isComplete(request)) throw new RequestRejection(invalidRequest('头部信息不完整'));
  const authorization = parseAuthorization(request.headers.authorization);
  const state = authorization && merchants.find(authorization.mchid);
  if (!state || !isAuthorized(request, authorization, state.merchant)) {
    throw new RequestRejection(signError(request, authorization));
  }
  const wanted = wantedSerial(request);
  if (wanted !== undefined && !state.responseKey(wanted)) {
    throw new RequestRejection(invalidRequest('Wechatpay-Serial 不正确'));
  }
  return state;
}

/** The platform key that the response is to be signed with. */
export function wantedSerial({ headers }: SimulatedRequest): string | undefined {
  return headers['wechatpay-serial']?.toString();
}

/** Whether a request has the headers without which WeChat Pay does not process it. */
function isComplete({ method, target, headers, body }: SimulatedRequest): boolean {
  const { accept = '', 'content-type': type = '', 'user-agent': userAgent } = headers;
  const isDownload = method === 'GET' && target.startsWith(IMAGES_PATH);
  return (
    userAgent !== undefined &&
    // Downloads are documented with */*, but nothing says that the service rejects them without it.
    (accept.includes('application/json') || (isDownload && accept.includes('*/*'))) &&
    (body === '' || type.startsWith('application/json') || type.startsWith('multipart/form-data'))
  );
}

function isAuthorized(
  request: SimulatedRequest,
  authorization: AuthorizationValues,
  merchant: TestMerchant,
): boolean {
  const age = Date.now() / 1000 - Number(authorization.timestamp);
  return (
    authorization.serial_no === merchant.serial &&
    Math.abs(age) <= CLOCK_TOLERANCE_SECONDS &&
    verifyRsaSha256(
      Buffer.from(messageOf(request, authorization)),
      authorization.signature,
      createPublicKey(merchant.certificate),
    )
  );
}

function signError(request: SimulatedRequest, authorization?: AuthorizationValues): SimulatedError {
  const message = authorization ? messageOf(request, authorization) : '';
  return {
    status: 401,
    code: 'SIGN_ERROR',
    message: '错误的签名，验签失败',
    detail: {
      field: 'signature',
      issue: 'sign not match',
      location: 'authorization',
      sign_information: {
        method: request.method,
        url: request.target,
        truncated_sign_message: message.slice(0, 128),
        sign_message_length: message.length,
      },
    },
  };
}

function messageOf(
  request: SimulatedRequest,
  { timestamp, nonce_str }: AuthorizationValues,
): string {
  return requestMessage({ ...request, timestamp, nonce: nonce_str });
}
