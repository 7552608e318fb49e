import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { isJsonObject, type JsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import type { Report } from './option-checks.js';

/** The options of one merchant as a file has them. They have not been checked. */
export interface MerchantEntry {
  /** For messages: `b.json`, `shop/merchant.json` or `merchants.json[3]`. */
  readonly origin: string;
  readonly options: JsonObject;
}

/** The file of a merchant that has a folder of its own. */
const FILE_IN_FOLDER = 'merchant.json';
const PEM_BEGINS = '-----BEGIN';

/**
 * Reads merchants from a JSON file with a list of them, or from a directory with a JSON file or a folder
 * for each one. In a folder, `merchant.json` holds the options. A PEM in a JSON file is its text, or the
 * path of a file, which is relative to that of the JSON file. Names that begin with a dot are left out:
 * Kubernetes keeps copies under such names.
 *
 * @returns the entries in the order of their names; the faults of others have been reported
 */
export function readMerchantFiles(path: string, report: Report): MerchantEntry[] {
  const whole = (problem: string, fix: string): [] => {
    report('', problem, fix);
    return [];
  };
  try {
    if (!statSync(path).isDirectory()) return readFile(path, basename(path), report);
    const files = readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .flatMap((name) => fileOf(path, name));
    if (files.length === 0) {
      return whole(
        'names a directory without merchants',
        `Put <name>.json or <name>/${FILE_IN_FOLDER} with the options of a merchant into it.`,
      );
    }
    return files.flatMap((origin) => readFile(join(path, origin), origin, report));
  } catch (error) {
    return whole(`cannot be read (${codeOf(error)})`, 'Check path and permissions.');
  }
}

/** The path of the JSON file that an entry of the directory stands for, if it does. */
function fileOf(directory: string, name: string): string[] {
  const inFolder = join(name, FILE_IN_FOLDER);
  if (existsSync(join(directory, inFolder))) return [inFolder];
  return name.endsWith('.json') ? [name] : [];
}

function readFile(path: string, origin: string, report: Report): MerchantEntry[] {
  const fault = (problem: string, fix: string): [] => {
    report(origin, problem, fix);
    return [];
  };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    // The message of a SyntaxError quotes the text around the fault, which may be a key.
    return isNativeError(error) && error.name === 'SyntaxError'
      ? fault(
          'is not JSON',
          'Check quotes, commas and line feeds: in JSON, those of a PEM are \\n.',
        )
      : fault(`cannot be read (${codeOf(error)})`, 'Check path and permissions.');
  }
  const merchants: unknown[] = Array.isArray(json) ? json : [json];
  if (merchants.length === 0) return fault('holds an empty list', 'Give at least one merchant.');
  return merchants.flatMap((merchant, index) => {
    const place = Array.isArray(json) ? `${origin}[${index}]` : origin;
    if (isJsonObject(merchant)) return [withPems(merchant, dirname(path), place, report)];
    report(
      place,
      `is of type ${typeName(merchant)}`,
      'Give an object with the options of a merchant.',
    );
    return [];
  });
}

/** Replaces the paths of PEM files by their content. */
function withPems(
  merchant: JsonObject,
  folder: string,
  origin: string,
  report: Report,
): MerchantEntry {
  const read = (option: string, value: unknown): unknown => {
    if (typeof value !== 'string' || value.trim() === '' || value.includes(PEM_BEGINS))
      return value;
    try {
      return readFileSync(resolve(folder, value), 'latin1');
    } catch (error) {
      report(
        `${option} in ${origin}`,
        `is neither PEM text nor the path of a file that can be read (${codeOf(error)})`,
        'Give a path relative to the JSON file, or the PEM with \\n for its line feeds.',
      );
      return '';
    }
  };
  const { privateKey, platformKeys } = merchant;
  const keys = isJsonObject(platformKeys)
    ? Object.fromEntries(
        Object.entries(platformKeys).map(([id, key]) => [id, read(`platformKeys['${id}']`, key)]),
      )
    : platformKeys;
  const options = { ...merchant, privateKey: read('privateKey', privateKey) };
  return { origin, options: keys === undefined ? options : { ...options, platformKeys: keys } };
}

function codeOf(error: unknown): string {
  return isNativeError(error) && 'code' in error ? String(error.code) : 'no code';
}
