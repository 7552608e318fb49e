import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import type { TestPlatformKey } from 'nestjs-wechatpay-complaint/testing';
import { signatureHeaders } from '../../lib/testing/notification-signer.js';
import type { Delivery } from './delivery.js';

/** One change to a message on its way. */
export interface Mutation {
  /** What fast-check prints of a counterexample. */
  readonly [fc.toStringMethod]: () => string;
  readonly apply: (delivery: Delivery) => Delivery;
}

function mutation(label: unknown[], apply: (delivery: Delivery) => Delivery): Mutation {
  return { [fc.toStringMethod]: () => JSON.stringify(label), apply };
}

export function mutate(delivery: Delivery, mutations: readonly Mutation[]): Delivery {
  return mutations.reduce((mutated, { apply }) => apply(mutated), delivery);
}

const HEADERS = [
  'Wechatpay-Timestamp',
  'Wechatpay-Nonce',
  'Wechatpay-Serial',
  'Wechatpay-Signature',
  'Wechatpay-Signature-Type',
  'Request-ID',
  'Content-Type',
] as const;

const headerName = fc.constantFrom(...HEADERS);

/** Replaces each value of a header with the values that `change` returns for it. */
function changing(name: string, change: (value: string) => readonly unknown[]) {
  return ({ headers, body }: Delivery): Delivery => ({
    headers: headers.flatMap(([other, value]) =>
      other.toLowerCase() === name.toLowerCase() && typeof value === 'string'
        ? change(value).map((changed) => [other, changed] as const)
        : [[other, value] as const],
    ),
    body,
  });
}

/** Characters that have no place in a signature header. */
const badCharacters = ['\0', '\t', '\r', '\n', '\r\n', '\u00a0', '\u2028', '\ufeff', '\u200b', ' '];

const strangeText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('', ' ', '0', '-1', 'null', 'undefined', 'NaN', '1e9', '0x10', '[object Object]'),
  fc.constantFrom('__proto__', 'constructor', 'WECHATPAY/SIGNTEST/', '%00', 'text/plain'),
  fc.integer({ min: 100, max: 40_000 }).map((length) => 'A'.repeat(length)),
);

/** Changes that any header can undergo. */
const anyHeader: Arbitrary<Mutation> = fc.oneof(
  headerName.map((name) =>
    mutation(
      ['drop', name],
      changing(name, () => []),
    ),
  ),
  fc.tuple(headerName, fc.option(strangeText)).map(([name, second]) =>
    mutation(
      ['repeat', name, second],
      changing(name, (value) => [value, second ?? value]),
    ),
  ),
  fc
    .tuple(headerName, fc.constantFrom(',', ', ', ';', '\n'), fc.boolean())
    .map(([name, separator, isTwice]) =>
      mutation(
        ['join', name, separator, isTwice],
        changing(name, (value) => [`${value}${separator}${isTwice ? value : ''}`]),
      ),
    ),
  fc.tuple(headerName, strangeText).map(([name, text]) =>
    mutation(
      ['set', name, text],
      changing(name, () => [text]),
    ),
  ),
  fc
    .tuple(
      headerName,
      fc.constantFrom(...badCharacters),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map(([name, text, where]) =>
      mutation(
        ['insert', name, text, where],
        changing(name, (value) => {
          const at = Math.round(where * value.length);
          return [`${value.slice(0, at)}${text}${value.slice(at)}`];
        }),
      ),
    ),
  fc.tuple(headerName, fc.constantFrom('lower', 'upper')).map(([name, way]) =>
    mutation(
      ['case of the value', name, way],
      changing(name, (value) => [way === 'lower' ? value.toLowerCase() : value.toUpperCase()]),
    ),
  ),
  fc
    .tuple(headerName, fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }))
    .map(([name, uppers]) =>
      mutation(['case of the name', name, uppers], ({ headers, body }) => ({
        headers: headers.map(([other, value]) => [
          other === name ? inMixedCase(other, uppers) : other,
          value,
        ]),
        body,
      })),
    ),
  fc
    .tuple(
      fc.constantFrom('X-Wechatpay-Nonce', 'Wechatpay_Nonce', 'Cookie', '__proto__', 'constructor'),
      fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
    )
    .map(([name, value]) =>
      mutation(['add', name, value], ({ headers, body }) => ({
        headers: [...headers, [name, value]],
        body,
      })),
    ),
  fc.constant(
    mutation(['reverse the headers'], ({ headers, body }) => ({
      headers: headers.toReversed(),
      body,
    })),
  ),
);

function inMixedCase(text: string, uppers: readonly boolean[]): string {
  return Array.from(text, (letter, index) =>
    uppers[index % uppers.length] ? letter.toUpperCase() : letter.toLowerCase(),
  ).join('');
}

const timestamps: Arbitrary<Mutation> = fc.oneof(
  fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.integer()).map((seconds) =>
    mutation(
      ['timestamp by', seconds],
      changing('Wechatpay-Timestamp', (value) => [String(Number(value) + seconds)]),
    ),
  ),
  fc.constantFrom('+', '-', '0', '00', ' ', '0x').map((prefix) =>
    mutation(
      ['timestamp with', prefix],
      changing('Wechatpay-Timestamp', (value) => [`${prefix}${value}`]),
    ),
  ),
  fc.constantFrom('.0', 'e0', '000', 'n', '\u0660').map((suffix) =>
    mutation(
      ['timestamp with a final', suffix],
      changing('Wechatpay-Timestamp', (value) => [`${value}${suffix}`]),
    ),
  ),
  fc.constant(
    mutation(
      ['timestamp in full-width digits'],
      changing('Wechatpay-Timestamp', (value) => [
        value.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
      ]),
    ),
  ),
);

/** The alphabet of base64. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const SIGNATURES: Readonly<Record<string, (value: string) => string>> = {
  'without padding': (value) => value.replaceAll('=', ''),
  'padded more': (value) => `${value}==`,
  'in the alphabet of URLs': (value) => value.replaceAll('+', '-').replaceAll('/', '_'),
  'in hex': (value) => Buffer.from(value, 'base64').toString('hex'),
  'folded into lines': (value) => value.replaceAll(/(.{76})/g, '$1\n'),
  // The last letter before the padding has bits that no decoder uses.
  'with other unused bits': (value) =>
    value.replace(/(.)(=+)$/, (_, letter: string, padding: string) => {
      return `${ALPHABET[ALPHABET.indexOf(letter) ^ 1] ?? ''}${padding}`;
    }),
  'as a probe': (value) => `WECHATPAY/SIGNTEST/${value}`,
  'as a probe in lower case': (value) => `wechatpay/signtest/${value}`,
  'of zero bits': () => Buffer.alloc(256).toString('base64'),
  'of one bits': () => Buffer.alloc(256, 0xff).toString('base64'),
  'with the value 1': () => Buffer.alloc(256).fill(1, 255).toString('base64'),
  'of random bytes': () => randomBytes(256).toString('base64'),
  'with a zero byte in front': (value) => recoded(value, (bytes) => [Buffer.alloc(1), bytes]),
  'with a zero byte at the end': (value) => recoded(value, (bytes) => [bytes, Buffer.alloc(1)]),
  repeated: (value) => recoded(value, (bytes) => [bytes, bytes]),
  'of 8193 bits': () => Buffer.alloc(1025, 1).toString('base64'),
};

function recoded(base64: string, change: (bytes: Buffer) => readonly Uint8Array[]): string {
  return Buffer.concat(change(Buffer.from(base64, 'base64'))).toString('base64');
}

const signatures: Arbitrary<Mutation> = fc.oneof(
  fc.integer({ min: 0, max: 2047 }).map((bit) =>
    mutation(
      ['signature with a bit flipped', bit],
      changing('Wechatpay-Signature', (value) => [
        recoded(value, (bytes) => [withBitFlipped(bytes, bit)]),
      ]),
    ),
  ),
  fc.integer({ min: 0, max: 256 }).map((length) =>
    mutation(
      ['signature cut to', length],
      changing('Wechatpay-Signature', (value) => [
        recoded(value, (bytes) => [bytes.subarray(0, length)]),
      ]),
    ),
  ),
  fc.constantFrom(...Object.entries(SIGNATURES)).map(([way, change]) =>
    mutation(
      ['signature', way],
      changing('Wechatpay-Signature', (value) => [change(value)]),
    ),
  ),
);

const UNKNOWN_SERIAL = 'PUB_KEY_ID_0';

/** Changes of the serial, and signatures with the key of somebody else. */
function serials(otherKeys: readonly TestPlatformKey[]): Arbitrary<Mutation> {
  return fc.oneof(
    fc
      .constantFrom(...otherKeys, { id: UNKNOWN_SERIAL }, { id: '5157F09E'.repeat(5) })
      .map(({ id }) =>
        mutation(
          ['serial', id],
          changing('Wechatpay-Serial', () => [id]),
        ),
      ),
    // The signature is valid. The signer gives its own serial, or claims to be the platform.
    fc.tuple(fc.constantFrom(...otherKeys), fc.boolean()).map(([key, isHonest]) =>
      mutation(['signed by', key.id, isHonest], ({ headers, body }) => {
        const signed = signatureHeaders(key, body);
        if (!isHonest) delete signed['Wechatpay-Serial'];
        return { headers: headers.map(([name, value]) => [name, signed[name] ?? value]), body };
      }),
    ),
  );
}

export function withBitFlipped(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % Math.max(1, bytes.length);
  if (bytes.length > 0) flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}

function onBody(label: unknown[], change: (body: Buffer) => Uint8Array): Mutation {
  return mutation(label, ({ headers, body }) => ({ headers, body: Buffer.from(change(body)) }));
}

/** Other bytes with the same meaning, or nearly the same. */
const REWRITTEN: Readonly<Record<string, (json: string) => string>> = {
  again: (json) => JSON.stringify(JSON.parse(json)),
  'with indentation': (json) => JSON.stringify(JSON.parse(json), null, 2),
  'with fields in another order': (json) => {
    const entries = Object.entries(JSON.parse(json) as object);
    return JSON.stringify(Object.fromEntries(entries.reverse()));
  },
  'with escaped slashes': (json) => json.replaceAll('/', '\\/'),
  'with escaped letters': (json) => json.replaceAll('C', '\\u0043'),
  'with a line feed at the end': (json) => `${json}\n`,
  'with a byte order mark': (json) => `\ufeff${json}`,
  'with a repeated field': (json) => json.replace('{', '{"id":"EV-0",'),
  'with __proto__': (json) => json.replace('{', '{"__proto__":{"polluted":true},'),
  'with constructor': (json) =>
    json.replace('{', '{"constructor":{"prototype":{"polluted":true}},'),
  'with a lone surrogate': (json) => json.replace('{', '{"a":"\\ud800",'),
  'with deep nesting': (json) => json.replace('{', `{"a":${'['.repeat(9000)}${']'.repeat(9000)},`),
  'with much white space at the end': (json) => json.padEnd(70_000),
  'in an array': (json) => `[${json}]`,
  'as a string': (json) => JSON.stringify(json),
};

const RECODED: Readonly<Record<string, (body: Buffer) => Uint8Array>> = {
  'in UTF-16': (body) => Buffer.from(body.toString(), 'utf16le'),
  'in UTF-16, big-endian': (body) => Buffer.from(body.toString(), 'utf16le').swap16(),
  'in Latin-1': (body) => Buffer.from(body.toString(), 'latin1'),
  'read as Latin-1': (body) => Buffer.from(body.toString('latin1')),
  'in gzip': (body) => gzipSync(body),
  'in base64': (body) => Buffer.from(body.toString('base64')),
  'without bytes': () => Buffer.alloc(0),
};

/** Bytes that are not UTF-8, and two that are unusual. */
const badBytes = fc.constantFrom(
  Buffer.of(0xff),
  Buffer.of(0xc0, 0x80),
  Buffer.of(0xed, 0xa0, 0x80),
  Buffer.of(0xf4, 0x90, 0x80, 0x80),
  Buffer.of(0xe4, 0xb8),
  Buffer.of(0),
  Buffer.of(0xef, 0xbb, 0xbf),
);

/** A position, which may be beyond the end of a body. */
const place = fc.integer({ min: 0, max: 1000 });

const bodies: Arbitrary<Mutation> = fc.oneof(
  fc
    .integer({ min: 0, max: 8000 })
    .map((bit) => onBody(['body with a bit flipped', bit], (body) => withBitFlipped(body, bit))),
  fc
    .tuple(place, fc.oneof(badBytes, fc.uint8Array({ maxLength: 8 })))
    .map(([at, bytes]) =>
      onBody(['body with inserted', at, [...bytes]], (body) =>
        Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)]),
      ),
    ),
  fc
    .tuple(place, fc.integer({ min: 0, max: 50 }))
    .map(([at, length]) =>
      onBody(['body without', at, length], (body) =>
        Buffer.concat([body.subarray(0, at), body.subarray(at + length)]),
      ),
    ),
  fc
    .tuple(place, place)
    .map(([from, to]) =>
      onBody(['body with a piece reversed', from, to], (body) =>
        Buffer.concat([
          body.subarray(0, from),
          Buffer.from(body.subarray(from, to)).reverse(),
          body.subarray(Math.max(from, to)),
        ]),
      ),
    ),
  place.map((length) => onBody(['body cut to', length], (body) => body.subarray(0, length))),
  fc
    .constantFrom(...Object.entries(REWRITTEN))
    .map(([way, rewrite]) =>
      onBody(['JSON', way], (body) => Buffer.from(rewriteOr(rewrite, body.toString()))),
    ),
  fc.constantFrom(...Object.entries(RECODED)).map(([way, recode]) => onBody(['body', way], recode)),
);

/** Leaves text alone that an earlier mutation has made invalid. */
function rewriteOr(rewrite: (json: string) => string, json: string): string {
  try {
    return rewrite(json);
  } catch {
    return json;
  }
}

/** Header values that no HTTP server passes, but that a direct caller may. */
export const wrongTypes: Arbitrary<Mutation> = fc
  .tuple(
    headerName,
    fc.oneof(
      fc.constantFrom<unknown>(null, undefined, true, 0, 1, {}, [], [[]], [null], Symbol.iterator),
      fc.jsonValue({ maxDepth: 2 }),
    ),
  )
  .map(([name, value]) =>
    mutation(
      ['type of', name, inspect(value)],
      changing(name, () => [value]),
    ),
  );

/** At least one change for each rejection code, so that every run sees all codes. */
const plain: Arbitrary<Mutation> = fc
  .constantFrom<readonly [name: string, change: (value: string) => readonly unknown[]]>(
    ['Wechatpay-Nonce', () => []],
    ['Wechatpay-Nonce', () => ['a b']],
    ['Wechatpay-Signature-Type', () => ['WECHATPAY2-SM2-WITH-SM3']],
    ['Wechatpay-Timestamp', (value) => [String(Number(value) - 400)]],
    ['Wechatpay-Timestamp', (value) => [String(Number(value) + 400)]],
    ['Wechatpay-Signature', (value) => [`WECHATPAY/SIGNTEST/${value}`]],
    ['Wechatpay-Serial', () => [UNKNOWN_SERIAL]],
    ['Wechatpay-Nonce', (value) => [`${value}0`]],
    ['Content-Type', () => ['text/plain']],
  )
  .map(([name, change]) => mutation([name, String(change)], changing(name, change)));

/** One or several changes of everything that the signature protects. */
export function mutations(otherKeys: readonly TestPlatformKey[]): Arbitrary<readonly Mutation[]> {
  const one = fc.oneof(
    { arbitrary: plain, weight: 4 },
    { arbitrary: anyHeader, weight: 3 },
    { arbitrary: timestamps, weight: 2 },
    { arbitrary: signatures, weight: 2 },
    { arbitrary: serials(otherKeys), weight: 1 },
    { arbitrary: bodies, weight: 4 },
  );
  return severalOf(one);
}

export function severalOf(one: Arbitrary<Mutation>): Arbitrary<readonly Mutation[]> {
  return fc.oneof(
    { arbitrary: one.map((single) => [single]), weight: 4 },
    { arbitrary: fc.array(one, { minLength: 2, maxLength: 4 }), weight: 1 },
  );
}
