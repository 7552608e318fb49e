import assert from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import {
  ComplaintNotificationVerifier,
  type ComplaintNotificationPayload,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from '../../lib/index.js';
import {
  createTestPublicKey,
  signComplaintNotification,
  type SignedNotification,
  type TestMerchant,
} from '../../lib/testing/index.js';
import { floorKeys, lowerCased, receiveByHand } from './floor.js';
import { type Candidate, compare } from './measure.js';
import { Aes, createNodeV3, Formatter, Rsa, WechatpayNodeV3 } from './peers.js';
import { type Chapter, judge, ratioOf, TIME_COLUMNS, timeRow } from './report.js';

const FLOOR = 'node:crypto floor';
const OURS = 'nestjs-wechatpay-complaint';
const NODE_V3 = 'wechatpay-node-v3';
const AXIOS_PLUGIN = 'wechatpay-axios-plugin';

/** Headers and raw bytes in, payload out: what the guard does for each request. */
export async function receiving(merchant: TestMerchant): Promise<Chapter> {
  const notification = signComplaintNotification(merchant);
  const handler = await createHandler(merchant.options);
  const candidates = [
    floor(merchant, notification),
    ours(handler, notification),
    nodeV3(merchant, notification),
    axiosPlugin(merchant, notification),
  ];
  const expected = receiveByHand(
    lowerCased(notification),
    Buffer.from(notification.body),
    floorKeys(merchant),
  );
  for (const { name, run } of candidates) {
    const received = await run();
    // What ours answers with is the whole notification.
    const complaint =
      name === OURS ? (received as ComplaintNotificationPayload).complaint : received;
    assert.deepEqual(complaint, expected);
  }
  const rows = await compare(candidates);
  return {
    title: 'Receiving: headers and raw bytes in, payload out',
    columns: TIME_COLUMNS,
    rows: rows.map(timeRow),
    notes: [
      judge({ name: 'times the floor', value: ratioOf(rows, OURS, FLOOR), bound: 1.15 }),
      judge({
        name: `times as fast as ${NODE_V3}`,
        value: ratioOf(rows, NODE_V3, OURS),
        bound: 4,
        atLeast: true,
      }),
      judge({
        name: `times the time of ${AXIOS_PLUGIN}`,
        value: ratioOf(rows, OURS, AXIOS_PLUGIN),
        bound: 1,
      }),
    ],
  };
}

const KIB = 1024;

/** The same, with more to verify and decrypt. */
export async function growthByBody(merchant: TestMerchant): Promise<Chapter> {
  const handler = await createHandler(merchant.options);
  const rows: (string | number)[][] = [];
  for (const size of [1, 4, 16, 64]) {
    const notification = ofSize(merchant, size * KIB);
    const [byHand, own] = await compare(
      [floor(merchant, notification), ours(handler, notification)],
      { rounds: 15 },
    );
    if (!byHand || !own) continue;
    rows.push([
      `${size} KiB`,
      byHand.median.toFixed(1),
      own.median.toFixed(1),
      own.ratio.toFixed(2),
    ]);
  }
  return {
    title: 'Receiving, by size of the body',
    columns: ['body', 'floor, us', 'ours, us', 'x floor'],
    rows,
    notes: [],
  };
}

/** The same, with more keys to choose from; the last one signs. */
export async function growthByKeys(merchant: TestMerchant): Promise<Chapter> {
  const candidates: Candidate[] = [];
  const platformKeys: Record<string, string> = {};
  for (const wanted of [1, 2, 8, 64]) {
    let signWith = merchant.publicKey;
    while (Object.keys(platformKeys).length < wanted) {
      signWith = await createTestPublicKey();
      platformKeys[signWith.id] = signWith.pem;
    }
    const handler = await createHandler({
      ...merchant.options,
      platformKeys: { ...platformKeys },
    });
    const notification = signComplaintNotification(merchant, { signWith });
    candidates.push({ ...ours(handler, notification), name: `${wanted}` });
  }
  const rows = await compare(candidates, { rounds: 15 });
  return {
    title: 'Receiving, by number of platform keys',
    columns: ['keys', ...TIME_COLUMNS.slice(1)],
    rows: rows.map(timeRow),
    notes: [],
  };
}

async function createHandler(
  options: WechatPayComplaintModuleOptions,
): Promise<ComplaintNotificationVerifier> {
  const app = await NestFactory.createApplicationContext(
    // Notifications are signed once and received until the end, longer than the usual 300 s.
    WechatPayComplaintModule.forRoot({ ...options, clockTolerance: 3600 }),
    { logger: ['error', 'fatal'] },
  );
  return app.get(ComplaintNotificationVerifier);
}

function floor(merchant: TestMerchant, notification: SignedNotification): Candidate {
  const keys = floorKeys(merchant);
  const [headers, body] = [lowerCased(notification), Buffer.from(notification.body)];
  return { name: FLOOR, run: () => receiveByHand(headers, body, keys) };
}

function ours(handler: ComplaintNotificationVerifier, notification: SignedNotification): Candidate {
  const [headers, body] = [lowerCased(notification), Buffer.from(notification.body)];
  return { name: OURS, run: () => handler.verify({ headers, body }) };
}

/** As its documents show: `verifySign`, then `decipher_gcm`, which does not check the tag. */
function nodeV3(merchant: TestMerchant, notification: SignedNotification): Candidate {
  const { publicKey } = merchant;
  const pay = createNodeV3(merchant);
  // In place of its download of certificates: this is what it keeps of one.
  WechatpayNodeV3.certificates = { [publicKey.id]: publicKey.pem };
  const [headers, bytes] = [lowerCased(notification), Buffer.from(notification.body)];
  return {
    name: NODE_V3,
    run: async () => {
      const body = bytes.toString();
      assert.ok(
        await pay.verifySign({
          timestamp: headers['wechatpay-timestamp'] ?? '',
          nonce: headers['wechatpay-nonce'] ?? '',
          serial: headers['wechatpay-serial'] ?? '',
          signature: headers['wechatpay-signature'] ?? '',
          body,
        }),
      );
      const { ciphertext, associated_data, nonce } = resourceOf(body);
      return pay.decipher_gcm(ciphertext, associated_data, nonce);
    },
  };
}

/** As its documents show: `Rsa.verify` with a key that was read once, then `AesGcm.decrypt`. */
function axiosPlugin(merchant: TestMerchant, notification: SignedNotification): Candidate {
  const platformKey = Rsa.from(merchant.publicKey.pem, 'public');
  const [headers, bytes] = [lowerCased(notification), Buffer.from(notification.body)];
  return {
    name: AXIOS_PLUGIN,
    run: () => {
      const body = bytes.toString();
      const timestamp = headers['wechatpay-timestamp'] ?? '';
      assert.ok(Math.abs(Formatter.timestamp() - Number(timestamp)) <= 3600);
      const message = Formatter.response(timestamp, headers['wechatpay-nonce'] ?? '', body);
      assert.ok(Rsa.verify(message, headers['wechatpay-signature'] ?? '', platformKey));
      const { ciphertext, associated_data, nonce } = resourceOf(body);
      return JSON.parse(
        Aes.AesGcm.decrypt(ciphertext, merchant.apiV3Key, nonce, associated_data),
      ) as unknown;
    },
  };
}

interface Resource {
  readonly ciphertext: string;
  readonly associated_data: string;
  readonly nonce: string;
}

function resourceOf(body: string): Resource {
  return (JSON.parse(body) as { resource: Resource }).resource;
}

/** A body of just about this many bytes, by a long text in its resource. */
function ofSize(merchant: TestMerchant, bytes: number): SignedNotification {
  const sign = (length: number): SignedNotification =>
    signComplaintNotification(merchant, { complaint: { complaint_detail: 'x'.repeat(length) } });
  // base64 makes four characters of three bytes.
  const room = Math.floor(((bytes - sign(0).body.length) * 3) / 4) - 8;
  return sign(Math.max(0, room));
}
