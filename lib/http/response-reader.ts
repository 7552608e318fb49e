import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';

/** Checks a value of an answer, which is found at this path, and gives it its type. */
export type Reader<T> = (value: unknown, path: string) => T;

/** A part of an answer is not what is documented. */
export class ResponseFault extends Error {
  constructor(path: string, value: unknown, expected: string) {
    if (path === '') super('it is not a JSON object');
    else if (value == null) super(`${path} is missing`);
    else super(`${path} is of type ${typeName(value)}, not ${expected}`);
  }
}

export const text: Reader<string> = (value, path) => {
  if (typeof value === 'string') return value;
  throw new ResponseFault(path, value, 'text');
};

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw new ResponseFault(path, value, 'true or false');
};

export const integer: Reader<number> = (value, path) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ResponseFault(path, value, 'an integer');
};

/** Null counts as absent. */
export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value == null ? undefined : read(value, path));
}

export function list<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ResponseFault(path, value, 'a list');
    return value.map((item: unknown, index) => read(item, `${path}[${index}]`));
  };
}

/** A list that is left out when it is empty. */
export function listOrNone<T>(read: Reader<T>): Reader<readonly T[]> {
  const readList = list(read);
  return (value, path) => (value == null ? [] : readList(value, path));
}

/** The fields of T by name, without what its index signature allows beside them. */
type Fields<T> = {
  readonly [Name in keyof T as string extends Name ? never : Name]-?: Reader<T[Name]>;
};

/** An object with these fields; others, which are not documented yet, stay as they are. */
export function fields<T extends object>(readers: Fields<T>): Reader<T> {
  const known: [name: string, read: Reader<unknown>][] = Object.entries(readers);
  return (value, path) => {
    if (!isJsonObject(value)) throw new ResponseFault(path, value, 'an object');
    const prefix = path === '' ? '' : `${path}.`;
    const read = known
      .map(([name, reader]) => [name, reader(value[name], `${prefix}${name}`)] as const)
      .filter(([, field]) => field !== undefined);
    // A field of that name would become the prototype of whatever it is assigned to.
    const others = Object.entries(value).filter(
      ([name]) => !Object.hasOwn(readers, name) && name !== '__proto__',
    );
    // Every field of T has just been read as what T says.
    return Object.fromEntries([...read, ...others]) as T;
  };
}
