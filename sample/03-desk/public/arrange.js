import { dueTime, isDueSoon } from './due.js';

/**
 * @typedef {import('../complaint.view.js').ComplaintView} ComplaintView
 * @typedef {{ search: string, state: string, show: string, sort: string }} Arrangement
 */

export const STATES = ['all', 'PENDING', 'PROCESSING', 'PROCESSED'];

/** @type {Readonly<Record<string, (complaint: ComplaintView, isUnread: boolean) => boolean>>} */
export const SHOWS = {
  everything: () => true,
  due: isDueSoon,
  waiting: ({ isWaiting, replyDue }) => isWaiting || replyDue !== undefined,
  unread: (_, isUnread) => isUnread,
  platform: ({ isWithPlatform }) => isWithPlatform,
};

/** @type {Readonly<Record<string, (a: ComplaintView, b: ComplaintView) => number>>} */
export const SORTS = {
  deadline: (a, b) => (dueTime(a) ?? Infinity) - (dueTime(b) ?? Infinity) || newest(a, b),
  newest,
  oldest: (a, b) => newest(b, a),
};

/**
 * The complaints to show, in their order.
 *
 * @param {readonly ComplaintView[]} complaints
 * @param {Arrangement} arrangement
 * @param {(id: string) => boolean} isUnread
 */
export function arrange(complaints, { search, state, show, sort }, isUnread) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return complaints
    .filter((complaint) => state === 'all' || complaint.state === state)
    .filter((complaint) => SHOWS[show]?.(complaint, isUnread(complaint.id)))
    .filter((complaint) => {
      const text = searchable(complaint);
      return words.every((word) => text.includes(word));
    })
    .sort(SORTS[sort]);
}

/** @param {ComplaintView} complaint */
function searchable({ id, problem, detail, orders }) {
  const numbers = orders.flatMap(({ number, transaction }) => [number, transaction]);
  return [id, problem, detail, ...numbers].join('\n').toLowerCase();
}

/**
 * @param {ComplaintView} a
 * @param {ComplaintView} b
 */
function newest(a, b) {
  return (Date.parse(b.time) || 0) - (Date.parse(a.time) || 0);
}
