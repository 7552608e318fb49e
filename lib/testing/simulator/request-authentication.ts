import { createPublicKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AuthorizationValues, requestMessage } from '../../protocol/authorization.js';
import { verifyRsaSha256 } from '../../protocol/rsa.js';
import type { SimulatedError } from './simulated-response.js';
import type { TestMerchant } from '../test-merchant.js';

/** A request as the simulator got it. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** What is signed: of the upload of an image, the text of its part `meta`. */
  readonly body: string;
}

const CLOCK_TOLERANCE_SECONDS = 300;

/** Whether it has the headers without which WeChat Pay does not look at it. */
export function isComplete({ headers, body }: SimulatedRequest): boolean {
  const { accept = '', 'content-type': type, 'user-agent': userAgent } = headers;
  const isTyped = (kind: string): boolean => type?.startsWith(kind) ?? false;
  return (
    (accept.includes('application/json') || accept.includes('*/*')) &&
    userAgent !== undefined &&
    (body === '' || isTyped('application/json') || isTyped('multipart/form-data'))
  );
}

export function isAuthorized(
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

export function signError(
  request: SimulatedRequest,
  authorization?: AuthorizationValues,
): SimulatedError {
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

/** The platform key that the answer is to be signed with. */
export function wantedSerial(headers: SimulatedRequest['headers']): string | undefined {
  return headers['wechatpay-serial']?.toString();
}

function messageOf(
  request: SimulatedRequest,
  { timestamp, nonce_str }: AuthorizationValues,
): string {
  return requestMessage({ ...request, timestamp, nonce: nonce_str });
}
