/**
 * Creates an element with attributes and children. Text stays text and never becomes markup.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, string | number | boolean | undefined | ((event: any) => void)>>} [attributes]
 *   `false` and `undefined` are omitted; a function listens to the event of that name
 * @param {...(Node | string | false | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [parent]
 * @returns {T}
 */
export function find(selector, type, parent = document) {
  const element = parent.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`There is no ${type.name} ${selector}.`);
}

const SVG = 'http://www.w3.org/2000/svg';

/** @type {Readonly<Record<string, string>>} */
const ICONS = {
  back: 'M15 5l-7 7 7 7',
  bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 7v5l3 2M12 3a9 9 0 100 18 9 9 0 000-18z',
  close: 'M6 6l12 12M18 6L6 18',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  keyboard: 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M18 11h.01M8 15h8',
  lines: 'M5 6h14M5 12h14M5 18h8',
  pencil: 'M4 20l1-4L16 5l3 3L8 19z',
  reply: 'M10 7L5 12l5 5M5 12h8a6 6 0 016 6',
  send: 'M4 12l16-7-6 16-3-7z',
  shield: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z',
};

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name] ?? '');
  svg.append(path);
  return svg;
}

/**
 * Tells screen readers what changed.
 *
 * @param {string} text
 */
export function announce(text) {
  find('#announcer', HTMLElement).textContent = text;
}
