import { lang } from './i18n.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const money = new Intl.NumberFormat(lang, {
  style: 'currency',
  currency: 'CNY',
  currencyDisplay: 'narrowSymbol',
});
const time = new Intl.DateTimeFormat(lang, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const age = new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'short' });
/** @param {'day' | 'hour' | 'minute'} unit */
const unitFormat = (unit) =>
  new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'short' });
const day = unitFormat('day');
const hour = unitFormat('hour');
const minute = unitFormat('minute');

/** @param {number} fen */
export function formatMoney(fen) {
  return money.format(fen / 100);
}

/** @param {string} text RFC 3339; anything else is shown as it is */
export function formatTime(text) {
  const at = Date.parse(text);
  return Number.isNaN(at) ? String(text) : time.format(at);
}

/** @param {string} text RFC 3339; anything else has no age */
export function formatAge(text) {
  const passed = Date.parse(text) - Date.now();
  if (Number.isNaN(passed)) return '';
  if (passed > -HOUR) return age.format(Math.min(Math.round(passed / MINUTE), 0), 'minute');
  if (passed > -DAY) return age.format(Math.round(passed / HOUR), 'hour');
  return age.format(Math.round(passed / DAY), 'day');
}

/** @param {number} duration milliseconds, 0 or more */
export function formatDuration(duration) {
  const days = Math.floor(duration / DAY);
  const hours = Math.floor((duration % DAY) / HOUR);
  const minutes = Math.floor((duration % HOUR) / MINUTE);
  const parts = [];
  if (days > 0) parts.push(day.format(days));
  if (hours > 0) parts.push(hour.format(hours));
  // Hours are exact enough for what is far away.
  if (days === 0 && hours < 6) parts.push(minute.format(minutes));
  return parts.join(lang === 'en' ? ' ' : '');
}
