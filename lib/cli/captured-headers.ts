import type { HeaderFields } from '../protocol/signature-headers.js';
import { isJsonObject } from '../utils/json.js';

/**
 * Headers as somebody has captured them: lines `Name: value`, as curl and proxies write them, or JSON, an
 * object or a list of pairs. Names become lower case; the values of a repeated header become a list.
 *
 * @returns undefined when the text contains no header
 */
export function parseHeaders(text: string): HeaderFields | undefined {
  const pairs = jsonPairs(text) ?? linePairs(text);
  if (pairs.length === 0) return undefined;
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    const field = name.toLowerCase();
    const known = fields[field];
    fields[field] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}

type Pair = readonly [name: string, value: string];

function jsonPairs(text: string): Pair[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(json)) return listPairs(json);
  if (!isJsonObject(json)) return undefined;
  // A whole event of a gateway, or a log line, has the headers inside.
  const headers = isJsonObject(json.headers) ? json.headers : json;
  return Object.entries(headers).flatMap(([name, value]) =>
    valuesOf(value).map((one): Pair => [name, one]),
  );
}

/** `[[name, value], ...]`, or `[name, value, ...]` as Node's `rawHeaders`. */
function listPairs(list: readonly unknown[]): Pair[] {
  const flat = list.flat().filter((entry) => typeof entry === 'string');
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
}

function valuesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((entry) => typeof entry === 'string');
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

/** The request line and anything else that is no header is skipped, as is what curl puts in front. */
function linePairs(text: string): Pair[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^[<>*\s]*([!#$%&'*+.^`|~\w-]+)\s*:\s*(.*?)\s*$/.exec(line);
    return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  });
}
