import { randomBytes, sign } from 'node:crypto';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { firstValueFrom } from 'rxjs';
import { signRequest } from '../../lib/http/request-signing.js';
import { WechatPayTransport } from '../../lib/http/wechatpay-transport.js';
import { resolvedOptionsOf } from '../support/resolved-options.js';
import type { TestMerchant } from '../../lib/testing/index.js';
import { type Candidate, compare } from './measure.js';
import { createNodeV3, Formatter, Rsa } from './peers.js';
import { type Chapter, TIME_COLUMNS, timeRow } from './report.js';

const PATH = '/v3/merchant-service/complaint-notifications';
const BODY = { url: 'https://shop.example.com/wechatpay/complaints' };
const AT_ONCE = 200;

const FLOOR = 'node:crypto floor, inline';
const OURS = 'nestjs-wechatpay-complaint, in the thread pool';
const WHOLE_CALL = 'the same with the whole way of a call, down to axios';
const NODE_V3 = 'wechatpay-node-v3, inline';
const AXIOS_PLUGIN = 'wechatpay-axios-plugin, inline';

/** A call in, its Authorization header out; and all that happens around it until axios would send it. */
export async function signing(merchant: TestMerchant): Promise<Chapter> {
  const candidates = [
    floor(merchant),
    ours(merchant),
    wholeCall(merchant),
    nodeV3(merchant),
    axiosPlugin(merchant),
  ];
  const rows = await compare(candidates);
  const stalls = new Map<string, { stall: number; total: number }>();
  for (const candidate of candidates) {
    await stallOf(candidate);
    stalls.set(candidate.name, await stallOf(candidate));
  }
  return {
    title: `Signing a request; and ${AT_ONCE} of them at once`,
    columns: [...TIME_COLUMNS, 'at once: all done, ms', 'longest stall, ms'],
    rows: rows.map((row) => {
      const { stall = NaN, total = NaN } = stalls.get(row.name) ?? {};
      return [...timeRow(row), total.toFixed(0), stall.toFixed(1)];
    }),
    notes: [
      'Ours signs in the thread pool: a call alone waits for the way there and back, many leave the event loop free.',
    ],
  };
}

/** Milliseconds: until all are signed, and the longest time in which nothing else had its turn. */
async function stallOf({ run }: Candidate): Promise<{ stall: number; total: number }> {
  globalThis.gc?.();
  let stall = 0;
  let isDone = false;
  const start = performance.now();
  let last = start;
  const tick = (): void => {
    const now = performance.now();
    stall = Math.max(stall, now - last);
    last = now;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  await Promise.all(Array.from({ length: AT_ONCE }, () => Promise.resolve().then(run)));
  const total = performance.now() - start;
  isDone = true;
  tick();
  return { stall, total };
}

function floor({ mchid, serial, ...merchant }: TestMerchant): Candidate {
  const { privateKey } = resolvedOptionsOf(merchant.options);
  return {
    name: FLOOR,
    run: () => {
      const timestamp = Math.floor(Date.now() / 1000);
      const nonce = randomBytes(16).toString('hex');
      const message = `POST\n${PATH}\n${timestamp}\n${nonce}\n${JSON.stringify(BODY)}\n`;
      const signature = sign('RSA-SHA256', Buffer.from(message), privateKey).toString('base64');
      return (
        `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",` +
        `signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`
      );
    },
  };
}

function ours(merchant: TestMerchant): Candidate {
  const options = resolvedOptionsOf(merchant.options);
  return {
    name: OURS,
    run: () => signRequest({ method: 'POST', target: PATH }, JSON.stringify(BODY), options),
  };
}

/** The real transport and the real axios, with an adapter that sends nothing. */
function wholeCall({ options }: TestMerchant): Candidate {
  const http = new HttpService(axios.create());
  const { axiosRef } = http;
  axiosRef.interceptors.request.use((config) => ({
    ...config,
    adapter: (sent) =>
      Promise.resolve({
        status: 204,
        statusText: 'No Content',
        headers: {},
        data: Buffer.alloc(0),
        config: sent,
      }),
  }));
  const transport = new WechatPayTransport(http, resolvedOptionsOf(options));
  return {
    name: WHOLE_CALL,
    run: () => firstValueFrom(transport.send({ method: 'POST', target: PATH, body: BODY })),
  };
}

function nodeV3(merchant: TestMerchant): Candidate {
  const pay = createNodeV3(merchant);
  return {
    name: NODE_V3,
    run: () => {
      // Nonce and timestamp as in its README.
      const nonce = Math.random().toString(36).slice(2, 17);
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = pay.getSignature('POST', nonce, timestamp, PATH, BODY);
      return pay.getAuthorization(nonce, timestamp, signature);
    },
  };
}

function axiosPlugin({ mchid, serial, privateKey }: TestMerchant): Candidate {
  const key = Rsa.from(privateKey, 'private');
  return {
    name: AXIOS_PLUGIN,
    run: () => {
      const [timestamp, nonce] = [Formatter.timestamp(), Formatter.nonce()];
      const message = Formatter.request('POST', PATH, timestamp, nonce, JSON.stringify(BODY));
      return Formatter.authorization(mchid, nonce, Rsa.sign(message, key), timestamp, serial);
    },
  };
}
