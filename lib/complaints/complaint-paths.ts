import { checkComplaintId } from './complaint-request-checks.js';

export const COMPLAINTS_PATH = '/v3/merchant-service/complaints-v2';
export const IMAGES_PATH = '/v3/merchant-service/images/';

/** @throws WechatPayArgumentError when the id cannot be one */
export function complaintPath(complaintId: string): string {
  return `${COMPLAINTS_PATH}/${escaped(checkComplaintId(complaintId))}`;
}

/** The query of a URL, with its question mark. Empty when no parameter has a value. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escaped(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Also escapes what URL parsers differ on, so that a URL is sent as it is signed. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
