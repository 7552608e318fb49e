import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';

/**
 * Gives the JSON of a verified response its type.
 *
 * @param json undefined when the body is not a JSON object
 * @throws ResponseFault
 */
export type Reader<T> = (json: unknown) => T;

/** A response lacks what it is needed for. The message is a clause such as `media_id is missing`. */
export class ResponseFault extends Error {}

/**
 * A text without which a response, or an entry of it, is of no use: an id, for instance.
 *
 * @param at path of `value` in the response
 * @throws ResponseFault
 */
export function requireText(value: unknown, name: string, at = ''): string {
  if (!isJsonObject(value)) {
    if (at === '') throw new ResponseFault('it is not a JSON object');
    throw new ResponseFault(`${at} is of type ${typeName(value)}, not an object`);
  }
  const text = value[name];
  if (typeof text === 'string' && text !== '') return text;
  const path = at === '' ? name : `${at}.${name}`;
  if (text == null) throw new ResponseFault(`${path} is missing`);
  throw new ResponseFault(
    text === '' ? `${path} is empty` : `${path} is of type ${typeName(text)}, not a string`,
  );
}
