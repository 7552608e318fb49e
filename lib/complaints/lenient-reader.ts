import { toChinaTime } from '../utils/china-time.js';
import { isJsonObject } from '../utils/json.js';
import type { UnreadFields } from './interfaces/complaint.interface.js';

/** Collects parts in another form than documented, by their path. */
type Unread = Record<string, unknown>;

/** Reads a part of a response. Undefined when it is absent, or in another form and put into `unread`. */
export type Part<T> = (value: unknown, path: string, unread: Unread) => T | undefined;

/** A part for each documented field of T. */
type Parts<T> = {
  readonly [Name in keyof T as string extends Name ? never : Name]-?: Part<NonNullable<T[Name]>>;
};

function part<T>(isDocumented: (value: unknown) => value is T): Part<T> {
  return (value, path, unread) => {
    if (isDocumented(value)) return value;
    // Null counts as absent.
    if (value != null) unread[path] = value;
    return undefined;
  };
}

export const text = part((value) => typeof value === 'string');
export const flag = part((value) => typeof value === 'boolean');
export const integer = part((value): value is number => Number.isSafeInteger(value));
const items = part<unknown[]>(Array.isArray);
const object = part(isJsonObject);
/** A field that this package adds: no response has it. */
export const added = part((_value): _value is never => false);

/** RFC 3339, or milliseconds since 1970, which are converted to it. */
export const time: Part<string> = (value, path, unread) =>
  text(isEpochMilliseconds(value) ? toChinaTime(value) : value, path, unread);

/** From 2001 to 5138. Smaller numbers would be seconds. */
function isEpochMilliseconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1e12 && value < 1e14;
}

export function list<T>(item: Part<T>): Part<readonly T[]> {
  return (value, path, unread) =>
    items(value, path, unread)
      ?.map((each, index) => item(each, `${path}[${index}]`, unread))
      .filter((each) => each !== undefined);
}

/** A list that also comes as its only item. */
export function listOrItem<T>(item: Part<T>): Part<readonly T[]> {
  const read = list(item);
  return (value, path, unread) => read(isJsonObject(value) ? [value] : value, path, unread);
}

/** An object with these fields. Fields that are not documented are kept as they come. */
export function fields<T extends object>(parts: Parts<T>): Part<Partial<T>> {
  const documented: ReadonlyMap<string, Part<unknown>> = new Map(Object.entries(parts));
  return (value, path, unread) => {
    const given = object(value, path, unread);
    if (!given) return undefined;
    const prefix = path === '' ? '' : `${path}.`;
    const result: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(given)) {
      const read = documented.get(name);
      const found = read ? read(field, `${prefix}${name}`, unread) : field;
      // Assigning to `__proto__` would change the prototype.
      if (found !== undefined && name !== '__proto__') result[name] = found;
    }
    // Each documented field was read as T says, or is absent.
    return result as Partial<T>;
  };
}

/** What can be read of a value, with the rest in `unreadFields`. */
export function readLeniently<T extends { readonly unreadFields?: UnreadFields }>(
  read: Part<T>,
  value: unknown,
): T | { readonly unreadFields?: UnreadFields } {
  const unread: Unread = {};
  const found = read(value, '', unread);
  return Object.keys(unread).length === 0 ? { ...found } : { ...found, unreadFields: unread };
}
