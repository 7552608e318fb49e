import { CallError } from './api.js';
import { t } from './words.js';

/**
 * Why WeChat Pay would not accept a text, in words; undefined when it would. The server checks more
 * than this: here are the problems that people run into while they type.
 *
 * @param {string} text
 * @param {number} max
 */
export function textProblem(text, max) {
  const { length } = Array.from(text);
  if (length > max) return t('problem.long', { length, max });
  // Characters of four bytes of UTF-8.
  const wide = new Set(text.match(/[\u{10000}-\u{10ffff}]/gu));
  if (wide.size > 0) return t('problem.characters', { characters: [...wide].join(' ') });
  return undefined;
}

/**
 * @param {string} text
 * @param {number} max
 * @throws {CallError}
 */
export function assertText(text, max) {
  const problem = textProblem(text, max);
  if (problem !== undefined) throw new CallError('text', { reason: problem });
}
