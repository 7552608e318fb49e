/** @typedef {import('../desk-error.filter.js').FailureView} FailureView */

/** A request that failed. `failure.js` has a sentence for each kind. */
export class CallError extends Error {
  /**
   * @param {string} kind a `FailureKind` of the server, or `offline`, `forbidden`, `pictureType`
   * @param {Partial<FailureView>} [failure]
   */
  constructor(kind, { isUncertain = false, reason, reasonLanguage, requestId } = {}) {
    super(kind);
    this.kind = kind;
    this.isUncertain = isUncertain;
    this.reason = reason;
    this.reasonLanguage = reasonLanguage;
    this.requestId = requestId;
  }
}

/** @type {Readonly<Record<number, string>>} */
const KINDS = { 400: 'argument', 403: 'forbidden', 404: 'missing', 415: 'pictureType' };

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {boolean} [isAction] whether the request changes something, so that a lost response
 *   leaves the outcome open
 * @returns {Promise<any>} the JSON of the response, if it has a body
 */
async function call(path, init, isAction = false) {
  const response = await fetch(path, init).catch(() => {
    throw new CallError('offline', { isUncertain: isAction });
  });
  const text = await response.text().catch(() => {
    throw new CallError('offline', { isUncertain: isAction });
  });
  if (response.ok && text === '') return undefined;
  /** @type {any} */
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy between the browser and the desk responded with a page of its own.
    throw new CallError(response.status >= 500 || response.ok ? 'unavailable' : 'other', {
      isUncertain: isAction && (response.ok || response.status >= 500),
    });
  }
  if (response.ok) return body;
  throw new CallError(body.kind ?? KINDS[response.status] ?? 'other', {
    ...body,
    isUncertain: body.isUncertain ?? (isAction && response.status >= 500),
  });
}

/** @param {object} body */
const json = (body) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** @param {string} path */
export const get = (path) => call(path);

/**
 * Sends a request that can be sent again without harm.
 *
 * @param {string} path
 * @param {object} [body]
 */
export const post = (path, body = {}) => call(path, json(body));

/**
 * Sends a request that changes something at WeChat Pay.
 *
 * @param {string} path
 * @param {object} body
 */
export const act = (path, body) => call(path, json(body), true);

/**
 * @param {string} path
 * @param {File} file
 * @param {string} type
 */
export const upload = (path, file, type) =>
  call(path, { method: 'POST', headers: { 'Content-Type': type }, body: file });
