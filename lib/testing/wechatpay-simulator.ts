import { createPublicKey, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { WechatPayComplaintModuleOptions } from '../options/wechatpay-complaint-options.interface.js';
import { AEAD_AES_256_GCM, encryptAesGcm } from '../protocol/aes-gcm.js';
import {
  type AuthorizationValues,
  parseAuthorization,
  requestMessage,
} from '../protocol/authorization.js';
import { callbackUrlProblems, isLoopbackHost } from '../protocol/callback-url.js';
import { parseJsonObject } from '../protocol/json.js';
import { verifyRsaSha256 } from '../protocol/rsa.js';
import { parseCertificate } from '../protocol/rsa-key.js';
import {
  deliver,
  type Delivery,
  type NotifyOptions,
  RETRY_SCHEDULE,
} from './notification-delivery.js';
import { probeSignature, signatureHeaders } from './sign-complaint-notification.js';
import { createTestCertificate, type TestMerchant, type TestPlatformKey } from './test-merchant.js';

/** An error answer of the API. */
export interface SimulatedError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * What happens to one answer. Of the words, `drop` and `hang` come before the call takes effect,
 * all others after it, as in real life.
 */
export type SimulatedFault =
  /** The signature begins with `WECHATPAY/SIGNTEST/`. */
  | 'probe'
  /** No `Wechatpay-*` header. */
  | 'unsigned'
  /** The signature is over another body. */
  | 'tampered'
  /** Signed ten minutes ago. */
  | 'replayed'
  /** Signed ten minutes ahead. */
  | 'ahead'
  /** Signed by a key that the merchant does not know. */
  | 'unknown-serial'
  /** Another signature type. */
  | 'wrong-type'
  /** The connection is closed without an answer. */
  | 'drop'
  /** No answer ever comes. */
  | 'hang'
  /** Answered in place of the call, signed. */
  | SimulatedError
  /** Answered in place of the call as it is, with a genuine signature over it when `signed`. */
  | { readonly status: number; readonly raw: string; readonly signed?: boolean };

export interface WechatPaySimulatorOptions {
  readonly merchants: readonly TestMerchant[];
  /** Real milliseconds for one of WeChat Pay's between two tries. @default 0.001 */
  readonly timeScale?: number;
  /** Milliseconds in which a notification has to be answered. @default 5000 */
  readonly answerTimeout?: number;
  /** @default RETRY_SCHEDULE */
  readonly schedule?: readonly number[];
  /** What the documentation leaves open, or tells in two ways. */
  readonly answers?: {
    /** @default 400 RESOURCE_NOT_EXISTS, which is 404 elsewhere */
    readonly getWhenUnset?: SimulatedError;
    /** @default 400 INVALID_REQUEST */
    readonly createWhenSet?: SimulatedError | 'succeed';
    /** @default 400 RESOURCE_NOT_EXISTS */
    readonly updateWhenUnset?: SimulatedError | 'succeed';
    /** @default 400 RESOURCE_NOT_EXISTS */
    readonly deleteWhenUnset?: SimulatedError | 'succeed';
  };
  /** Called before a call takes effect, with its state as it is then. */
  readonly onRequest?: (request: SimulatedRequest) => void | Promise<void>;
}

/** A request as the simulator got it. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
  readonly body: string;
}

interface MerchantState {
  readonly merchant: TestMerchant;
  url?: string;
  /** The certificates that `/v3/certificates` lists; the last one signs. */
  certificates: TestPlatformKey[];
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isSigned: boolean;
}

const URL_PATH = '/v3/merchant-service/complaint-notifications';
const CERTIFICATES_PATH = '/v3/certificates';
const CLOCK_TOLERANCE_SECONDS = 300;
const SHIFT_SECONDS = 600;

const NOT_SET: SimulatedError = {
  status: 400,
  code: 'RESOURCE_NOT_EXISTS',
  message: '投诉通知回调地址不存在',
};
const ALREADY_SET: SimulatedError = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: '投诉通知回调地址已存在',
};

/**
 * A WeChat Pay on loopback: a real HTTP server with the four calls and `/v3/certificates`, which
 * checks requests and signs answers as the real one does, and a sender of notifications.
 *
 * ```ts
 * const merchant = await createTestMerchant();
 * const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
 * WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant));
 * await simulator.notify(merchant, { event_type: 'COMPLAINT.CREATE' });
 * await simulator.stop();
 * ```
 */
export class WechatPaySimulator {
  /** Everything that came in, oldest first. */
  readonly requests: SimulatedRequest[] = [];
  private readonly states: ReadonlyMap<string, MerchantState>;
  private readonly hosts = new Map<string, string>();
  private readonly faults: SimulatedFault[] = [];
  private readonly aborter = new AbortController();
  private readonly server: Server;

  private constructor(private readonly options: WechatPaySimulatorOptions) {
    // Every delivery that waits for its next try listens: that is no leak, however many they are.
    setMaxListeners(0, this.aborter.signal);
    this.states = new Map(
      options.merchants.map((merchant) => [
        merchant.mchid,
        {
          merchant,
          certificates: merchant.mode === 'public-key' ? [] : [merchant.platformCertificate],
        },
      ]),
    );
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => response.destroy(toError(error)));
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: WechatPaySimulatorOptions): Promise<WechatPaySimulator> {
    const simulator = new WechatPaySimulator(options);
    simulator.server.listen(0, '127.0.0.1');
    await once(simulator.server, 'listening');
    return simulator;
  }

  /** Closes all connections and ends all retries. */
  async stop(): Promise<void> {
    this.aborter.abort();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** For the option `baseUrls`. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string')
      throw new Error('The simulator has stopped.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The merchant's options with this simulator as WeChat Pay. */
  moduleOptions(merchant: TestMerchant): WechatPayComplaintModuleOptions {
    return { ...merchant.options, baseUrls: [this.url] };
  }

  /** The URL that is registered now. */
  registeredUrl({ mchid }: TestMerchant): string | undefined {
    return this.state(mchid).url;
  }

  /** Registers a URL, or none, without a call: another instance did. */
  setRegisteredUrl({ mchid }: TestMerchant, url: string | undefined): void {
    this.state(mchid).url = url;
  }

  /**
   * Says where the host of a registered URL really is, for the simulator posts to loopback only:
   * `simulator.mapHost('shop.example.com', 'http://127.0.0.1:3000')`.
   */
  mapHost(hostname: string, origin: string): void {
    if (!isLoopbackHost(new URL(origin).hostname)) {
      throw new Error(`The simulator posts to loopback only, not to ${origin}.`);
    }
    this.hosts.set(hostname, origin);
  }

  /** Spoils the next answers, one each. */
  spoilNext(...faults: SimulatedFault[]): void {
    this.faults.push(...faults);
  }

  /**
   * Lists a new platform certificate and signs with it from now on. The old ones stay listed, or,
   * with `keepListed: false`, go.
   */
  async rotateCertificate(
    { mchid }: TestMerchant,
    {
      keepListed = true,
      certificate,
    }: { keepListed?: boolean; certificate?: TestPlatformKey } = {},
  ): Promise<TestPlatformKey> {
    const state = this.state(mchid);
    const next = certificate ?? (await createTestCertificate());
    state.certificates = keepListed ? [...state.certificates, next] : [next];
    return next;
  }

  /**
   * Sends a notification to the registered URL and waits for the answer, with `retry` for the last
   * one.
   *
   * @throws Error when no URL is registered, or its host is neither on loopback nor mapped
   */
  async notify(merchant: TestMerchant, options: NotifyOptions = {}): Promise<Delivery> {
    const { url, certificates } = this.state(merchant.mchid);
    if (url === undefined) throw new Error(`No callback URL is registered for ${merchant.mchid}.`);
    const current = merchant.mode === 'certificate' ? certificates.at(-1) : undefined;
    return deliver(
      merchant,
      { signWith: current, ...options },
      {
        url: this.locate(url),
        answerTimeout: this.options.answerTimeout ?? 5000,
        timeScale: this.options.timeScale ?? 0.001,
        schedule: this.options.schedule ?? RETRY_SCHEDULE,
        signal: this.aborter.signal,
      },
    );
  }

  private locate(registered: string): string {
    const url = new URL(registered);
    const origin = this.hosts.get(url.hostname);
    if (origin !== undefined) {
      // Not by resolving: a path that begins with two slashes would name another host.
      const target = new URL(origin);
      target.pathname = url.pathname;
      return target.href;
    }
    if (isLoopbackHost(url.hostname)) return registered;
    throw new Error(
      `The simulator posts to loopback only: say where ${url.hostname} is, ` +
        `mapHost('${url.hostname}', 'http://127.0.0.1:3000').`,
    );
  }

  private state(mchid: string): MerchantState {
    const state = this.states.get(mchid);
    if (!state) throw new Error(`The simulator does not know merchant ${mchid}.`);
    return state;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const received: SimulatedRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headers,
      body: body.toString(),
    };
    this.requests.push(received);
    await this.options.onRequest?.(received);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'drop') {
      response.destroy();
      return;
    }

    const state = this.authenticate(received);
    const isRefused = !('merchant' in state);
    const answer = isRefused ? state : (substitute(fault) ?? this.answer(received, state));
    const isSigned = !isRefused && answer.isSigned && fault !== 'unsigned';
    response.writeHead(answer.status, {
      'Request-ID': randomUUID(),
      ...(answer.text !== '' && { 'Content-Type': 'application/json; charset=utf-8' }),
      ...(isSigned && (await this.sign(state, received, answer.text, fault))),
    });
    response.end(answer.text);
  }

  /** Headers, Authorization, Wechatpay-Serial: in this order, and refused as WeChat Pay does. */
  private authenticate(request: SimulatedRequest): MerchantState | Answer {
    const { headers, body } = request;
    const isComplete =
      headers.accept?.includes('application/json') &&
      headers['user-agent'] !== undefined &&
      (body === '' || headers['content-type']?.startsWith('application/json'));
    if (!isComplete) {
      return errorAnswer({ status: 400, code: 'INVALID_REQUEST', message: '头部信息不完整' });
    }
    const authorization = parseAuthorization(headers.authorization);
    const state = authorization && this.states.get(authorization.mchid);
    if (!state || !isAuthorized(request, authorization, state.merchant)) {
      return signError(request, authorization);
    }
    const wanted = wantedSerial(headers);
    if (wanted !== undefined && !this.keyFor(state, wanted)) {
      const message = 'Wechatpay-Serial 不正确';
      return errorAnswer({ status: 400, code: 'INVALID_REQUEST', message });
    }
    return state;
  }

  private answer({ method, target, body }: SimulatedRequest, state: MerchantState): Answer {
    if (target === CERTIFICATES_PATH && method === 'GET') return certificatesAnswer(state);
    if (target !== URL_PATH) {
      return errorAnswer({ status: 404, code: 'RESOURCE_NOT_EXISTS', message: '请求的资源不存在' });
    }
    const { answers = {} } = this.options;
    const current = (): Answer => success({ mchid: state.merchant.mchid, url: state.url });
    const isSet = state.url !== undefined;
    switch (method) {
      case 'GET':
        return isSet ? current() : errorAnswer(answers.getWhenUnset ?? NOT_SET);
      case 'DELETE': {
        const refusal = answers.deleteWhenUnset ?? NOT_SET;
        if (!isSet && refusal !== 'succeed') return errorAnswer(refusal);
        state.url = undefined;
        return { status: 204, text: '', isSigned: true };
      }
      case 'POST':
      case 'PUT': {
        const url = parseJsonObject(Buffer.from(body))?.url;
        const issues = callbackUrlProblems(url, true);
        if (typeof url !== 'string' || issues.length > 0) {
          const detail = { field: 'url', value: url, issue: issues.join('; '), location: 'body' };
          return errorAnswer({ status: 400, code: 'PARAM_ERROR', message: '参数错误', detail });
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

  /** The key that a request asks for; without such a wish a certificate, where there is one. */
  private keyFor(
    { merchant, certificates }: MerchantState,
    wanted?: string,
  ): TestPlatformKey | undefined {
    const keys =
      merchant.mode === 'certificate' ? certificates : [merchant.publicKey, ...certificates];
    return wanted === undefined ? keys.at(-1) : keys.find(({ id }) => id === wanted);
  }

  private async sign(
    state: MerchantState,
    { headers }: SimulatedRequest,
    text: string,
    fault: SimulatedFault | undefined,
  ): Promise<Record<string, string>> {
    const key = this.keyFor(state, wantedSerial(headers));
    if (!key) throw new Error(`Merchant ${state.merchant.mchid} has no platform key to sign with.`);
    const now = Math.floor(Date.now() / 1000);
    switch (fault) {
      case 'tampered':
        return signatureHeaders(key, `${text} `);
      case 'probe':
        return { ...signatureHeaders(key, text), 'Wechatpay-Signature': probeSignature() };
      case 'replayed':
        return signatureHeaders(key, text, { timestamp: now - SHIFT_SECONDS });
      case 'ahead':
        return signatureHeaders(key, text, { timestamp: now + SHIFT_SECONDS });
      case 'unknown-serial':
        return signatureHeaders(await createTestCertificate(), text);
      case 'wrong-type':
        return {
          ...signatureHeaders(key, text),
          'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3',
        };
      default:
        return signatureHeaders(key, text);
    }
  }
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

function messageOf(
  request: SimulatedRequest,
  { timestamp, nonce_str }: AuthorizationValues,
): string {
  return requestMessage({ ...request, timestamp, nonce: nonce_str });
}

function signError(request: SimulatedRequest, authorization?: AuthorizationValues): Answer {
  const message = authorization ? messageOf(request, authorization) : '';
  return errorAnswer({
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
  });
}

function certificatesAnswer({ merchant, certificates }: MerchantState): Answer {
  if (certificates.length === 0) {
    const message = '无可用的平台证书，请使用微信支付公钥';
    return errorAnswer({ status: 404, code: 'RESOURCE_NOT_EXISTS', message });
  }
  const apiV3Key = createSecretKey(Buffer.from(merchant.apiV3Key));
  const data = certificates.map(({ id, pem }) => {
    const nonce = randomBytes(6).toString('hex');
    const associated_data = 'certificate';
    return {
      serial_no: id,
      effective_time: new Date().toISOString(),
      expire_time: new Date(parseCertificate(pem).expiresAt).toISOString(),
      encrypt_certificate: {
        algorithm: AEAD_AES_256_GCM,
        nonce,
        associated_data,
        ciphertext: encryptAesGcm(pem, { nonce, associated_data }, apiV3Key),
      },
    };
  });
  return success({ data });
}

function success(body: object): Answer {
  return { status: 200, text: JSON.stringify(body), isSigned: true };
}

/** A 401 is not signed: WeChat Pay does not know for whom it would sign. */
function errorAnswer({ status, ...body }: SimulatedError): Answer {
  return { status, text: JSON.stringify(body), isSigned: status !== 401 };
}

function substitute(fault: SimulatedFault | undefined): Answer | undefined {
  if (typeof fault !== 'object') return undefined;
  if (!('raw' in fault)) return errorAnswer(fault);
  return { status: fault.status, text: fault.raw, isSigned: fault.signed ?? false };
}

function wantedSerial(headers: SimulatedRequest['headers']): string | undefined {
  return headers['wechatpay-serial']?.toString();
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
