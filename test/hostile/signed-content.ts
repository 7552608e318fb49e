import { isUtf8 } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc, { type Arbitrary } from 'fast-check';
import { PHONE } from './delivery.js';
import { withBitFlipped } from './mutations.js';

/**
 * The members of a JSON object as text. A name can occur twice, and no name has a special meaning on
 * the way into the text.
 */
export type Members = readonly (readonly [name: string, json: string])[];

export const toJson = (members: Members): string =>
  `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

export const text = (value: string): string => JSON.stringify(value);

const hostileName = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'toJSON', 'toString', 'valueOf', 'then', 'length'],
  ...['hasOwnProperty', '__defineGetter__', 'nodejs.util.inspect.custom', '', '0', '\ud800', '\0'],
);

export const hostileJson: Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 30 }).map(text),
  fc.constantFrom('null', 'true', '0', '-0', '1e999', '1e-999', '9007199254740993', '""', '[]'),
  fc.constantFrom('{}', '"\\ud800"', '"\\u0000"', '"a\\nb"', '{"polluted":true}'),
  fc.constantFrom('{"prototype":{"polluted":true}}', '{"__proto__":{"polluted":true}}'),
  fc.integer({ min: 1, max: 1000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 1, max: 1000 }).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  fc.integer({ min: 1, max: 9000 }).map((length) => text('x'.repeat(length))),
);

/** Members that are not documented. */
export const otherMembers: Arbitrary<Members> = fc.array(
  fc.tuple(fc.oneof(hostileName, fc.string({ maxLength: 10 })), hostileJson),
  { maxLength: 4 },
);

/** Removes a documented field, or gives it another value. */
type Edit = readonly [field: string, json: string | undefined];

export function edited(members: Members, edits: readonly Edit[]): Members {
  return edits.reduce<Members>((present, [field, json]) => {
    const others = present.filter(([name]) => name !== field);
    return json === undefined ? others : [...others, [field, json]];
  }, members);
}

export function editsOf(fields: readonly string[]): Arbitrary<readonly Edit[]> {
  const edit = fc.tuple(fc.constantFrom(...fields), fc.option(hostileJson, { nil: undefined }));
  return fc.oneof(
    { arbitrary: fc.constant([]), weight: 6 },
    { arbitrary: fc.array(edit, { minLength: 1, maxLength: 2 }), weight: 1 },
  );
}

const documentedResource: Members = [
  ['complaint_id', text('200201820200101080076610000')],
  ['action_type', text('CREATE_COMPLAINT')],
  ['payer_phone', text(PHONE)],
];

/** Puts a byte that is not UTF-8 in place of the letter, or at the start when there is no such letter. */
function withBadByte(json: string, letter: string): Buffer {
  const bytes = Buffer.from(json);
  const at = Math.max(0, bytes.indexOf(letter));
  return bytes.fill(0xff, at, at + 1);
}

const plaintext: Arbitrary<Buffer> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(otherMembers, editsOf(['complaint_id', 'action_type']), otherMembers)
      .map(([before, edits, after]) =>
        Buffer.from(toJson([...before, ...edited(documentedResource, edits), ...after])),
      ),
  },
  { weight: 1, arbitrary: hostileJson.map((json) => Buffer.from(json)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc.constant(
      withBadByte('{"complaint_id":"1","action_type":"X","complaint_detail":"投诉"}', '投'),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(`phone ${PHONE}`, `{"complaint_id":"1","action_type":"${PHONE}"`, '', '\ufeff')
      .map((broken) => Buffer.from(broken)),
  },
);

/** How the resource is encrypted, and what the notification says about it. */
interface Encryption {
  readonly nonce: Buffer;
  readonly associatedData: string | undefined;
  readonly members: Members;
  /** Writes the ciphertext as text, correctly or not. */
  readonly encode: (ciphertext: Buffer) => string;
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

const encryption: Arbitrary<Encryption> = fc
  .tuple(
    fc.oneof(
      { arbitrary: fc.constant(12), weight: 8 },
      { arbitrary: fc.integer({ min: 1, max: 40 }), weight: 1 },
    ),
    fc.constantFrom('complaint', undefined, null, '', '投诉', 'x'.repeat(1000), '\ud800'),
    fc.oneof(
      { arbitrary: fc.constant(base64), weight: 10 },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          (bytes: Buffer) => base64(bytes.subarray(0, -1)),
          (bytes: Buffer) => base64(bytes.subarray(0, 15)),
          (bytes: Buffer) => base64(bytes.subarray(-16)),
          (bytes: Buffer) => base64(withBitFlipped(bytes, 0)),
          (bytes: Buffer) => base64(Buffer.concat([bytes, Buffer.alloc(1)])),
          (bytes: Buffer) => base64(bytes).replaceAll('=', ''),
          (bytes: Buffer) => bytes.toString('base64url'),
          () => '',
          () => '!?',
        ),
      },
    ),
  )
  .map(([length, associatedData, encode]) => {
    const nonce = Buffer.from(randomBytes(length).map((byte) => 0x21 + (byte % 90)));
    const members: Members = [
      ['algorithm', text('AEAD_AES_256_GCM')],
      ['original_type', text('complaint')],
      ['nonce', text(nonce.toString())],
      ...(associatedData === undefined
        ? []
        : [['associated_data', JSON.stringify(associatedData)] as const]),
    ];
    return { nonce, associatedData: associatedData ?? undefined, members, encode };
  });

const documentedEnvelope: Members = [
  ['id', text('EV-1')],
  ['create_time', text('2015-05-20T13:29:35+08:00')],
  ['resource_type', text('encrypt-resource')],
  ['event_type', text('COMPLAINT.CREATE')],
  ['summary', text('产生新投诉')],
];

/** An edit that random values would hardly ever make. */
interface TargetedEdit {
  readonly envelope?: Edit;
  readonly resource?: Edit;
}

const targetedEdits: Arbitrary<TargetedEdit> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 5 },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        text('TRANSACTION.SUCCESS'),
        text('COMPLAINT'),
        text('COMPLAINT.SOMETHING_NEW'),
        text('complaint.create'),
      )
      .map((json) => ({ envelope: ['event_type', json] as const })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('x'.repeat(129), 'x'.repeat(128), 'EV-1\nEV-2', 'EV-1 EV-2', '投诉', '')
      .map((id) => ({ envelope: ['id', text(id)] as const })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('AEAD_SM4_GCM', 'aead_aes_256_gcm', '')
      .map((name) => ({ resource: ['algorithm', text(name)] as const })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Edit>(
        ['original_type', text('transaction')],
        ['associated_data', text('transaction')],
        ['associated_data', '7'],
        ['nonce', text('short')],
        ['nonce', text('投诉投诉')],
      )
      .map((resource) => ({ resource })),
  },
);

/** Spellings of the same JSON, and at the end some that are not JSON. */
const spelling: Arbitrary<(json: string) => Buffer> = fc.oneof(
  { arbitrary: fc.constant((json: string) => Buffer.from(json)), weight: 6 },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      (json: string) => Buffer.from(`\ufeff${json}`),
      (json: string) => Buffer.from(`\r\n\t ${json} \n`),
      (json: string) => Buffer.from(json.replaceAll('/', '\\/')),
      (json: string) => Buffer.from(json.replaceAll('C', '\\u0043')),
      (json: string) => Buffer.from(json.padEnd(64 * 1024)),
      (json: string) => Buffer.from(json.padEnd(64 * 1024 + 1)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (json: string) => Buffer.from(json, 'utf16le'),
      (json: string) => Buffer.from(json, 'latin1'),
      (json: string) => Buffer.concat([Buffer.from(json), Buffer.of(0xff)]),
      (json: string) => withBadByte(json, '产'),
      (json: string) => Buffer.from(json.slice(0, -1)),
      (json: string) => Buffer.from(`[${json}]`),
      (json: string) => Buffer.from(`${json}\0`),
      () => Buffer.alloc(0),
      () => Buffer.from('null'),
    ),
  },
);

/**
 * Bodies for WeChat Pay to sign: as documented, with faults, or unlike any notification. Their
 * resources are encrypted with `apiV3Key`.
 */
export function signedBodies(apiV3Key: string): Arbitrary<Buffer> {
  return fc
    .tuple(
      targetedEdits,
      plaintext,
      encryption,
      fc.tuple(otherMembers, editsOf(['algorithm', 'original_type', 'ciphertext', 'nonce'])),
      fc.tuple(otherMembers, editsOf([...documentedEnvelope.map(([name]) => name), 'resource'])),
      spelling,
    )
    .map(([targeted, bytes, { nonce, associatedData, members, encode }, inner, outer, spell]) => {
      const ciphertext = encode(encrypt(bytes, nonce, associatedData, apiV3Key));
      const [besideResource, resourceEdits] = inner;
      const resource = edited(
        [...besideResource, ...members, ['ciphertext', text(ciphertext)]],
        [...(targeted.resource ? [targeted.resource] : []), ...resourceEdits],
      );
      const [besideEnvelope, envelopeEdits] = outer;
      const envelope = edited(
        [...besideEnvelope, ...documentedEnvelope, ['resource', toJson(resource)]],
        [...(targeted.envelope ? [targeted.envelope] : []), ...envelopeEdits],
      );
      return spell(toJson(envelope));
    });
}

function encrypt(
  bytes: Buffer,
  nonce: Buffer,
  associatedData: string | undefined,
  apiV3Key: string,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce);
  if (associatedData) cipher.setAAD(Buffer.from(associatedData));
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** What a notification says that has to be accepted. */
export interface Acceptable {
  /** The fields beside the complaint; an optional one that is not text is absent. */
  readonly envelope: Readonly<Record<string, string>>;
  readonly complaint: object;
}

/** Reads a body with nothing but Node. Undefined when the body has to be rejected. */
export function readAcceptable(body: Buffer, apiV3Key: string): Acceptable | undefined {
  if (body.length > 64 * 1024) return undefined;
  const envelope = readObject(body);
  const resource = envelope?.resource;
  if (!envelope || !isObject(resource)) return undefined;
  const { id, event_type, create_time, resource_type, summary } = envelope;
  const { algorithm, original_type, ciphertext, nonce, associated_data } = resource;
  if (!isText(id) || !/^[^\p{C}\p{Z}]{1,128}$/u.test(id)) return undefined;
  if (!isText(event_type) || !event_type.startsWith('COMPLAINT.')) return undefined;
  if (isText(original_type) && original_type !== 'complaint') return undefined;
  if (algorithm !== 'AEAD_AES_256_GCM' || !isText(ciphertext) || !isText(nonce)) return undefined;
  const plaintext = decrypt(ciphertext, nonce, associated_data, apiV3Key);
  const complaint = plaintext && readObject(plaintext);
  if (!complaint || !isText(complaint.complaint_id) || complaint.complaint_id === '') {
    return undefined;
  }
  if (!isText(complaint.action_type)) return undefined;
  const optional = Object.entries({ create_time, resource_type, summary, original_type });
  const present = optional.filter((field): field is [string, string] => isText(field[1]));
  return { envelope: { id, event_type, ...Object.fromEntries(present) }, complaint };
}

function readObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString().replace(/^\ufeff/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function decrypt(
  ciphertext: string,
  nonce: string,
  associatedData: unknown,
  apiV3Key: string,
): Buffer | undefined {
  const bytes = Buffer.from(ciphertext, 'base64');
  if (Buffer.byteLength(nonce) !== 12 || bytes.length < 16) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, Buffer.from(nonce));
  decipher.setAuthTag(bytes.subarray(-16));
  if (isText(associatedData)) decipher.setAAD(Buffer.from(associatedData));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}
