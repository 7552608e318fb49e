import { h, icon } from './dom.js';
import { dueBadge } from './due.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

/**
 * The state of a complaint, and what calls for attention.
 *
 * @param {ComplaintView} complaint
 */
export function badgesOf(complaint) {
  const { state, isUrgent, isWaiting, isWithPlatform, isRefunded, times } = complaint;
  return [
    h('span', { class: 'badge', 'data-state': state }, t(`state.${state}`) || state),
    dueBadge(complaint),
    isUrgent && flag('urgent', 'bolt'),
    isWaiting && flag('waiting', 'reply'),
    isWithPlatform && flag('platform', 'shield'),
    isRefunded && flag('refunded', 'check'),
    times > 1 && h('span', { class: 'badge' }, t('times', { count: times })),
  ].filter((badge) => badge instanceof HTMLElement);
}

/**
 * @param {string} name
 * @param {string} picture
 */
function flag(name, picture) {
  return h('span', { class: 'badge', 'data-flag': name }, icon(picture), t(name));
}
