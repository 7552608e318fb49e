/** What a call failed with. */
export class CallError extends Error {
  /**
   * @param {string} code WeChat Pay's, `HTTP_<status>` or `OFFLINE`
   * @param {string} [reason] WeChat Pay's words
   * @param {string} [requestId]
   */
  constructor(code, reason, requestId) {
    super(code);
    this.code = code;
    this.reason = reason;
    this.requestId = requestId;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>} what was answered, if anything was
 */
async function call(path, init) {
  const response = await fetch(path, init).catch(() => {
    throw new CallError('OFFLINE');
  });
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : JSON.parse(text);
  /** @type {{ code?: string, reason?: string, requestId?: string }} */
  let fault = {};
  try {
    fault = JSON.parse(text);
  } catch {
    // A proxy's page.
  }
  throw new CallError(fault.code ?? `HTTP_${response.status}`, fault.reason, fault.requestId);
}

/** @param {string} path */
export const get = (path) => call(path);

/**
 * @param {string} path
 * @param {object} [body]
 */
export const post = (path, body = {}) =>
  call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

/**
 * @param {string} path
 * @param {File} file
 */
export const upload = (path, file) =>
  call(path, { method: 'POST', headers: { 'Content-Type': file.type }, body: file });

/**
 * In words. What WeChat Pay says itself comes after ours, as it is.
 *
 * @param {unknown} error
 * @param {(key: string, values?: Readonly<Record<string, string>>) => string} t
 */
export function describe(error, t) {
  if (!(error instanceof CallError)) return t('error.other', { code: String(error) });
  const { code, reason, requestId } = error;
  return [
    t(`error.${code}`) || t('error.other', { code }),
    reason,
    requestId && t('error.request', { id: requestId }),
  ]
    .filter(Boolean)
    .join(' · ');
}
