import type { KeyObject } from 'node:crypto';
import { verifyRsaSha256 } from '../protocol/rsa.js';
import type { SignatureHeaders } from '../protocol/signature-headers.js';
import { signedMessage } from '../protocol/signature-verification.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';

/** What may have happened to a body on its way, with a body from before that happened. */
interface Alteration {
  /** The rest of a sentence that begins with "The body". */
  readonly description: string;
  readonly undo: (text: string) => string | undefined;
}

const BOM = '\ufeff';

/** In the order in which they are tried: the simplest explanation first. */
const ALTERATIONS: readonly Alteration[] = [
  { description: 'has lost a line feed at its end', undo: (text) => `${text}\n` },
  { description: 'has gained white space at its end', undo: (text) => text.trimEnd() },
  { description: 'has gained a byte order mark', undo: (text) => text.replace(BOM, '') },
  { description: 'has CRLF in place of line feeds', undo: (text) => text.replaceAll('\r\n', '\n') },
  {
    description: 'was parsed and written again: it has white space that was not signed',
    undo: (text) => rewrite(text, (json) => JSON.stringify(json)),
  },
  {
    description: 'was parsed and written again: the signed one has its slashes escaped',
    undo: (text) => rewrite(text, (json) => JSON.stringify(json).replaceAll('/', '\\/')),
  },
  {
    description: 'was parsed and written again: the signed one is indented by two spaces',
    undo: (text) => rewrite(text, (json) => JSON.stringify(json, null, 2)),
  },
  {
    description: 'was parsed and written again: the signed one is indented by four spaces',
    undo: (text) => rewrite(text, (json) => JSON.stringify(json, null, 4)),
  },
  {
    description: 'was parsed and written again: the order of its fields has changed',
    undo: (text) => rewrite(text, (json) => JSON.stringify(inDocumentedOrder(json))),
  },
  {
    description: 'was decoded from UTF-8 twice',
    undo: (text) => Buffer.from(text, 'latin1').toString(),
  },
];

/**
 * Why a signature does not match a body, if it matches what the body was before a common accident. The
 * result is the rest of a sentence that begins with "The body".
 */
export function findAlteration(
  headers: SignatureHeaders,
  body: Uint8Array,
  key: KeyObject,
): string | undefined {
  const text = Buffer.from(body).toString();
  const found = ALTERATIONS.find(({ undo }) => {
    const before = undo(text);
    return (
      before !== undefined &&
      before !== text &&
      verifyRsaSha256(
        signedMessage(headers.timestamp, headers.nonce, Buffer.from(before)),
        headers.signature,
        key,
      )
    );
  });
  return found?.description;
}

function rewrite(text: string, write: (json: JsonObject) => string): string | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? write(json) : undefined;
  } catch {
    return undefined;
  }
}

const ENVELOPE = ['id', 'create_time', 'resource_type', 'event_type', 'summary', 'resource'];
const RESOURCE = ['algorithm', 'original_type', 'ciphertext', 'nonce', 'associated_data'];

function inDocumentedOrder(json: JsonObject): JsonObject {
  const { resource } = json;
  return pick(
    { ...json, resource: isJsonObject(resource) ? pick(resource, RESOURCE) : resource },
    ENVELOPE,
  );
}

function pick(json: JsonObject, names: readonly string[]): JsonObject {
  const known = names.filter((name) => name in json);
  const others = Object.keys(json).filter((name) => !names.includes(name));
  return Object.fromEntries([...known, ...others].map((name) => [name, json[name]]));
}
