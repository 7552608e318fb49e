/** @typedef {Readonly<Record<string, string>>} Words */

const wanted = new URLSearchParams(location.search).get('lang') ?? navigator.language;

/** The language that consumers write in. Screen readers and fonts need to know it. */
export const CONSUMER_LANGUAGE = 'zh-CN';

/** `?lang=` of the address, or else the language of the browser. */
export const lang = wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

/**
 * @param {Readonly<Record<'zh-CN' | 'en', Words>>} strings
 * @returns {(key: string, values?: Readonly<Record<string, string | number>>) => string} an empty
 *   text for an unknown key
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
