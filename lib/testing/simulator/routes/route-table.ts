import { parseJsonObject, type JsonObject } from '../../../utils/json.js';
import type { ImageUpload } from '../image-upload.js';
import type { SimulatedRequest } from '../request-authentication.js';
import {
  errorResponse,
  notFound,
  paramError,
  RequestRejection,
  type SimulatedResponse,
} from '../simulated-response.js';
import type { MerchantState, SimulatedMerchants } from '../state/merchant-state.js';

/** An authenticated call. */
export interface SimulatedCall {
  readonly request: SimulatedRequest;
  /** The merchant that calls. */
  readonly state: MerchantState;
  readonly merchants: SimulatedMerchants;
  /** What an upload contains. */
  readonly upload?: ImageUpload;
}

/** A call as its route gets it. */
export interface RoutedCall extends SimulatedCall {
  /** The complaint id or media id of the path, without escapes. */
  readonly id: string;
  readonly query: URLSearchParams;
}

/** The first group of `path` is the id. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** @throws RequestRejection */
  readonly respond: (call: RoutedCall) => SimulatedResponse;
}

/** The response of the route that a call is for; undefined when it is for none of them. */
export function respondByTable(
  routes: readonly Route[],
  call: SimulatedCall,
): SimulatedResponse | undefined {
  const { method, target } = call.request;
  const [path = '', ...queries] = target.split('?');
  const query = new URLSearchParams(queries.join('?'));
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (!match) continue;
    try {
      return route.respond({ ...call, id: decodeSegment(match[1] ?? ''), query });
    } catch (error) {
      if (error instanceof RequestRejection) return errorResponse(error.error);
      throw error;
    }
  }
  return undefined;
}

/** @throws RequestRejection PARAM_ERROR when the body is no JSON object */
export function readBody({ request }: RoutedCall): JsonObject {
  const body = parseJsonObject(Buffer.from(request.body));
  if (!body) throw new RequestRejection(paramError('body', undefined, '请求体不是 JSON 对象'));
  return body;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestRejection(notFound());
  }
}
