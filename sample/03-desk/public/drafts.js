import { recall, remember } from './storage.js';

/**
 * An unsent reply. It outlives a reload and a closed tab, except for its pictures: browsers keep no
 * files, so their names are kept to tell which ones to add again.
 *
 * @typedef {{
 *   text: string,
 *   replyId: string,
 *   pictures: readonly string[],
 *   isUncertain: boolean,
 * }} Draft `replyId` stays the same when the reply is sent again. `isUncertain`: it was sent once,
 *   and may have arrived.
 */

/** @param {string} complaintId */
const keyOf = (complaintId) => `draft.${complaintId}`;

/**
 * @param {string} complaintId
 * @returns {Draft}
 */
export function readDraft(complaintId) {
  return {
    text: '',
    replyId: crypto.randomUUID(),
    pictures: [],
    isUncertain: false,
    ...recall(keyOf(complaintId)),
  };
}

/**
 * @param {string} complaintId
 * @param {Draft} draft an empty one is discarded
 */
export function saveDraft(complaintId, draft) {
  const isEmpty = draft.text.trim() === '' && draft.pictures.length === 0;
  remember(keyOf(complaintId), isEmpty ? undefined : draft);
}

/** @param {string} complaintId */
export function discardDraft(complaintId) {
  remember(keyOf(complaintId), undefined);
}

/** @param {string} complaintId */
export function hasDraft(complaintId) {
  return recall(keyOf(complaintId)) !== undefined;
}
