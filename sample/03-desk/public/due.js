import { h, icon } from './dom.js';
import { formatDuration, formatTime } from './format.js';
import { t } from './words.js';

/** @typedef {Pick<import('../complaint.view.js').ComplaintView, 'replyDue' | 'completionDue'>} Dues */

/** Milliseconds. From here on a deadline is shown as close. */
const SOON = 6 * 60 * 60 * 1000;

/**
 * The next deadline of a complaint, in milliseconds since 1970.
 *
 * @param {Dues} dues
 */
export function dueTime({ replyDue, completionDue }) {
  const due = replyDue ?? completionDue;
  return due === undefined ? undefined : Date.parse(due);
}

/** @param {Dues} dues */
export function isDueSoon(dues) {
  const due = dueTime(dues);
  return due !== undefined && due - Date.now() < SOON;
}

/**
 * The time left, in words and in color.
 *
 * @param {Dues} dues
 */
export function dueBadge(dues) {
  const due = dueTime(dues);
  if (due === undefined) return false;
  const left = due - Date.now();
  const what = dues.replyDue === undefined ? 'completion' : 'reply';
  const level = left < 0 ? 'overdue' : isDueSoon(dues) ? 'soon' : 'later';
  const time = formatDuration(Math.abs(left));
  return h(
    'span',
    { class: 'badge', 'data-due': level, title: formatTime(new Date(due).toISOString()) },
    icon('clock'),
    t(`due.${what}.${left < 0 ? 'overdue' : 'left'}`, { time }),
  );
}
