import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { isNativeError } from 'node:util/types';
import { responseInPlace, signResponse, type SimulatedFault } from './faults.js';
import { parseImageUpload } from './image-upload.js';
import { authenticate, type SimulatedRequest, wantedSerial } from './request-authentication.js';
import type { SimulatedCall } from './routes/route-table.js';
import {
  type ComplaintEvent,
  errorResponse,
  imageResponse,
  RequestRejection,
  type SimulatedResponse,
} from './simulated-response.js';
import { IMAGE_LINK_PATH } from './state/image-links.js';
import type { MerchantState, SimulatedMerchants } from './state/merchant-state.js';

interface SimulatorServerSettings {
  readonly merchants: SimulatedMerchants;
  /** Carries out an authenticated call. */
  readonly route: (call: SimulatedCall) => SimulatedResponse;
  /** Called before a call takes effect. */
  readonly onRequest?: (request: SimulatedRequest) => void | Promise<void>;
  /** Called after each response. */
  readonly onResponse?: (request: SimulatedRequest, status: number) => void;
  /** @default a free port */
  readonly port?: number;
  /** Called after the response to a call that has changed a complaint. */
  readonly onEvent: (state: MerchantState, event: ComplaintEvent) => void;
}

/** The HTTP server: authenticates requests, routes them, and signs the responses. */
export class SimulatorServer {
  /** Every request that was received, oldest first. */
  readonly requests: SimulatedRequest[] = [];
  /** The faults of the next responses, one each. */
  readonly faults: SimulatedFault[] = [];
  private readonly server: Server;

  constructor(private readonly settings: SimulatorServerSettings) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        response.destroy(isNativeError(error) ? error : new Error(String(error)));
      });
    });
  }

  /** Listens on 127.0.0.1. @throws Error when the port is in use */
  async start(): Promise<void> {
    this.server.listen(this.settings.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** @throws Error when the server does not listen */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('The simulator has stopped.');
    }
    return `http://127.0.0.1:${address.port}`;
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bytes = await buffer(incoming);
    const { method = '', url: target = '', headers } = incoming;
    const upload = await parseImageUpload(headers['content-type'], bytes);
    const request = { method, target, headers, body: upload?.meta ?? bytes.toString() };
    this.requests.push(request);
    await this.settings.onRequest?.(request);
    const respond = (response: SimulatedResponse, signature?: Record<string, string>): void => {
      send(outgoing, response, signature);
      this.settings.onResponse?.(request, response.status);
    };
    // On the service, these links lead to another host, which requires no authentication.
    if (target.startsWith(IMAGE_LINK_PATH)) {
      respond(this.respondToLink(target));
      return;
    }
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'drop') {
      outgoing.destroy();
      return;
    }
    const { merchants, route, onEvent } = this.settings;
    const state = authenticateOrReject(request, merchants);
    if ('status' in state) {
      respond(state);
      return;
    }
    const response = responseInPlace(fault) ?? route({ request, state, merchants, upload });
    const isSigned = response.isSigned && fault !== 'unsigned';
    const key = isSigned ? state.responseKey(wantedSerial(request)) : undefined;
    respond(response, key && (await signResponse(key, response.body, fault)));
    if (response.event) onEvent(state, response.event);
  }

  private respondToLink(target: string): SimulatedResponse {
    const image = this.settings.merchants.findByLink(target);
    return image ? imageResponse(image) : { status: 403, body: '', isSigned: false };
  }
}

/** A request that cannot be attributed to a merchant gets an unsigned response. */
function authenticateOrReject(
  request: SimulatedRequest,
  merchants: SimulatedMerchants,
): MerchantState | SimulatedResponse {
  try {
    return authenticate(request, merchants);
  } catch (error) {
    if (error instanceof RequestRejection) return errorResponse(error.error);
    throw error;
  }
}

function send(
  outgoing: ServerResponse,
  { status, body, contentType = 'application/json; charset=utf-8' }: SimulatedResponse,
  signature: Readonly<Record<string, string>> = {},
): void {
  outgoing.writeHead(status, {
    'Request-ID': randomUUID(),
    ...(body.length > 0 && { 'Content-Type': contentType }),
    ...signature,
  });
  outgoing.end(body);
}
