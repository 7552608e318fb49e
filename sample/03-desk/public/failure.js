import { CallError } from './api.js';
import { h } from './dom.js';

/** @typedef {(key: string, values?: Readonly<Record<string, string>>) => string} Translate */

/**
 * One sentence of ours. What WeChat Pay or the library says about it follows in its own language.
 *
 * @param {unknown} error
 * @param {Translate} t
 * @returns {(Node | string)[]}
 */
function describe(error, t) {
  if (!(error instanceof CallError)) return [h('span', {}, t('error.other'))];
  const { kind, isUncertain, reason, reasonLanguage, requestId } = error;
  const sentence = (isUncertain && t('error.uncertain')) || t(`error.${kind}`) || t('error.other');
  const parts = [h('span', {}, sentence)];
  if (reason) parts.push(h('span', { class: 'error-detail', lang: reasonLanguage }, reason));
  if (requestId) {
    parts.push(h('span', { class: 'error-detail' }, t('error.request', { id: requestId })));
  }
  return parts;
}

/**
 * @param {HTMLElement} box
 * @param {unknown} error
 * @param {Translate} t
 */
export function showFailure(box, error, t) {
  box.replaceChildren(...describe(error, t));
  box.hidden = false;
  // Codes are for developers, so they are not shown.
  if (!(error instanceof CallError)) console.error(error);
}

/** @param {unknown} error */
export function isUncertain(error) {
  return error instanceof CallError && error.isUncertain;
}
