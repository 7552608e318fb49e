/**
 * Measures whether the time until a rejection tells how much of a signature was right. Verifying RSA is
 * a public operation on public data, so no secret is at stake; the figures show that there is nothing
 * to learn either. This is not a test, because figures of a busy machine prove nothing. To run it, with
 * the number of rounds after `--`: `npm run measure:rejections`.
 */
import { createPublicKey, randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import {
  ComplaintNotificationVerifier,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';

const ROUNDS = Number(process.argv[2] ?? 20_000);
const WARM_UP = 2000;
/** Many, so that no property of a single signature is measured. */
const NOTIFICATIONS = 500;
/** The share of samples to keep. The slowest ones show garbage collection and other processes. */
const KEPT = 0.9;

interface Attempt {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Takes the place of the genuine signature. */
  readonly signature: Buffer;
}

/** A signature with one byte changed. It stays below the modulus: OpenSSL rejects others at once. */
function withWrongByte(signature: Buffer, at: number, modulus: Buffer): Buffer {
  for (let change = 1; change < 256; change += 1) {
    const wrong = Buffer.from(signature);
    wrong[at] = (wrong[at] ?? 0) ^ change;
    if (wrong.compare(modulus) < 0) return wrong;
  }
  throw new Error('Every change of this byte exceeds the modulus.');
}

function randomBelow(modulus: Buffer): Buffer {
  for (;;) {
    const random = randomBytes(modulus.length);
    if (random.compare(modulus) < 0) return random;
  }
}

function modulusOf({ publicKey }: TestMerchant): Buffer {
  const { n = '' } = createPublicKey(publicKey.pem).export({ format: 'jwk' });
  return Buffer.from(n, 'base64url');
}

type Corrupt = (signature: Buffer, modulus: Buffer, another: Buffer) => Buffer;

const KINDS: Readonly<Record<string, Corrupt>> = {
  'first byte wrong': (signature, modulus) => withWrongByte(signature, 0, modulus),
  'middle byte wrong': (signature, modulus) => withWrongByte(signature, 128, modulus),
  'last byte wrong': (signature, modulus) => withWrongByte(signature, 255, modulus),
  'all bytes random': (_signature, modulus) => randomBelow(modulus),
  'right for another body': (_signature, _modulus, another) => another,
  'above the modulus': () => Buffer.alloc(256, 0xff),
};

function attempts(merchant: TestMerchant): Record<string, readonly Attempt[]> {
  const modulus = modulusOf(merchant);
  const genuine = Array.from({ length: NOTIFICATIONS }, () => signComplaintNotification(merchant));
  const signatures = genuine.map(({ headers }) =>
    Buffer.from(headers['Wechatpay-Signature'] ?? '', 'base64'),
  );
  return Object.fromEntries(
    Object.entries(KINDS).map(([kind, corrupt]) => [
      kind,
      genuine.map(({ headers, body }, index) => {
        const own = signatures[index] ?? Buffer.alloc(0);
        const another = signatures[(index + 1) % NOTIFICATIONS] ?? Buffer.alloc(0);
        const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
        const signature = corrupt(own, modulus, another);
        return { headers: Object.fromEntries(fields) as Attempt['headers'], body, signature };
      }),
    ]),
  );
}

/** Microseconds until the rejection. */
async function timeOf(
  verifier: ComplaintNotificationVerifier,
  { headers, body, signature }: Attempt,
): Promise<number> {
  // Created anew each time, because the place in memory makes a difference too.
  const notification = {
    headers: { ...headers, 'wechatpay-signature': signature.toString('base64') },
    body: Buffer.from(body),
  };
  const start = process.hrtime.bigint();
  const code = await verifier.verify(notification).then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );
  const end = process.hrtime.bigint();
  if (code !== 'SIGNATURE_MISMATCH')
    throw new Error(`The outcome was ${code}, not SIGNATURE_MISMATCH`);
  return Number(end - start) / 1000;
}

interface Summary {
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? NaN;
  const kept = sorted.slice(0, Math.floor(KEPT * sorted.length));
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const squares = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return {
    median: at(0.5),
    quartiles: [at(0.25), at(0.75)],
    mean,
    variance: squares / (kept.length - 1),
    count: kept.length,
  };
}

/** Welch's t: two means differ when it is beyond about 4.5 either way. */
function tOf(a: Summary, b: Summary): number {
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => [Math.random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

async function measure(): Promise<Map<string, Summary>> {
  const merchant = await createTestMerchant();
  const options = { ...merchant.options, clockTolerance: 3600 };
  const app = await NestFactory.createApplicationContext(
    { module: class {}, imports: [WechatPayComplaintModule.forRoot(options)] },
    { logger: false },
  );
  const verifier = app.get(ComplaintNotificationVerifier);
  const kinds = Object.entries(attempts(merchant));
  const samples = new Map(kinds.map(([kind]) => [kind, [] as number[]]));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    // In another order each time, so that side effects of one kind meet all others equally.
    for (const [kind, list] of shuffled(kinds)) {
      const attempt = list[Math.floor(Math.random() * list.length)];
      if (!attempt) throw new Error('There is no attempt of this kind.');
      const time = await timeOf(verifier, attempt);
      if (round >= 0) samples.get(kind)?.push(time);
    }
  }
  await app.close();
  return new Map(Array.from(samples, ([kind, times]) => [kind, summarize(times)]));
}

const summaries = Array.from(await measure());
console.log(`${ROUNDS} rounds; microseconds until a rejection, the fastest 90 % of each kind:`);
for (const [kind, { median, quartiles, mean, variance }] of summaries) {
  console.log(
    `  ${kind.padEnd(24)} median ${median.toFixed(2)}, quartiles ` +
      `${quartiles.map((time) => time.toFixed(2)).join(' to ')}, ` +
      `mean ${mean.toFixed(2)}, deviation ${Math.sqrt(variance).toFixed(2)}`,
  );
}
console.log("Welch's t of each pair:");
for (const [index, [kind, summary]] of summaries.entries()) {
  for (const [other, otherSummary] of summaries.slice(index + 1)) {
    console.log(
      `  ${kind.padEnd(24)} ${other.padEnd(24)} ${tOf(summary, otherSummary).toFixed(2)}`,
    );
  }
}
