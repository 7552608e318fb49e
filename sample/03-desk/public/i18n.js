/** @typedef {Readonly<Record<string, string>>} Words */

const wanted = new URLSearchParams(location.search).get('lang') ?? navigator.language;

/** What consumers of WeChat Pay write: screen readers and fonts go by it. */
export const THEIR_LANGUAGE = 'zh-CN';

/** `?lang=` of the address, or what the browser is set to. */
export const lang = wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

/**
 * @param {Readonly<Record<'zh-CN' | 'en', Words>>} strings
 * @returns {(key: string, values?: Readonly<Record<string, string | number>>) => string}
 */
export function translator(strings) {
  return (key, values = {}) =>
    (strings[lang][key] ?? '').replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/**
 * Puts the words into the page: `data-t` names a text, `data-t-label` an `aria-label`,
 * `data-t-placeholder` a placeholder.
 *
 * @param {(key: string) => string} t
 */
export function translatePage(t) {
  document.documentElement.lang = lang;
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = t(element.getAttribute('data-t') ?? '');
  }
  for (const [data, attribute] of /** @type {const} */ ([
    ['data-t-label', 'aria-label'],
    ['data-t-placeholder', 'placeholder'],
  ])) {
    for (const element of document.querySelectorAll(`[${data}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(data) ?? ''));
    }
  }
  for (const link of document.querySelectorAll('a[hreflang]')) {
    if (link.getAttribute('hreflang') === lang) link.setAttribute('aria-current', 'true');
  }
}

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
const relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'short' });

/** @param {number} fen */
export function formatMoney(fen) {
  return money.format(fen / 100);
}

/** @param {string} text RFC 3339 */
export function formatTime(text) {
  return time.format(Date.parse(text));
}

/** @param {string} text RFC 3339 */
export function formatAge(text) {
  const minutes = Math.round((Date.parse(text) - Date.now()) / 60_000);
  if (minutes > -60) return relative.format(Math.min(minutes, 0), 'minute');
  if (minutes > -24 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / (24 * 60)), 'day');
}
