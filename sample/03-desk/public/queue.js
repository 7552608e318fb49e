import { find, h, icon } from './dom.js';
import { formatAge, formatMoney, formatTime, THEIR_LANGUAGE } from './i18n.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

const FILTERS = ['all', 'PENDING', 'PROCESSING', 'PROCESSED'];

/** The list on the left. What is in it keeps its element, so that focus stays where it is. */
export class Queue {
  /** @type {Map<string, ComplaintView>} */
  #complaints = new Map();
  /** @type {Map<string, HTMLLIElement>} */
  #items = new Map();
  /** @type {Set<string>} */
  #fresh = new Set();
  #filter = 'all';
  /** @type {string | undefined} */
  #opened;
  #list = find('#queue', HTMLUListElement);
  #filters = find('#filters', HTMLElement);

  constructor() {
    for (const name of FILTERS) {
      const choose = () => {
        this.#filter = name;
        this.#render();
      };
      this.#filters.append(
        h('button', { type: 'button', class: 'filter', 'data-filter': name, click: choose }),
      );
    }
  }

  /** @param {readonly ComplaintView[]} complaints newest first */
  replace(complaints) {
    this.#complaints = new Map(complaints.map((complaint) => [complaint.id, complaint]));
    this.#render();
  }

  /**
   * @param {ComplaintView} complaint
   * @param {boolean} isFresh
   */
  put(complaint, isFresh) {
    this.#complaints.set(complaint.id, complaint);
    if (isFresh && complaint.id !== this.#opened) this.#fresh.add(complaint.id);
    this.#render();
  }

  /** @param {string | undefined} id */
  open(id) {
    this.#opened = id;
    if (id !== undefined) this.#fresh.delete(id);
    this.#render();
  }

  /** Where a reader of the list was. */
  focus() {
    const item = this.#items.get(this.#opened ?? '');
    (item?.querySelector('a') ?? find('#queue-title', HTMLElement)).focus();
  }

  /** Ages grow old. */
  refresh() {
    this.#render();
  }

  #render() {
    const all = [...this.#complaints.values()].sort(
      (a, b) => Date.parse(b.time) - Date.parse(a.time),
    );
    for (const button of this.#filters.querySelectorAll('button')) {
      const name = button.dataset.filter ?? '';
      const count = name === 'all' ? all.length : all.filter(({ state }) => state === name).length;
      button.setAttribute('aria-pressed', String(name === this.#filter));
      button.replaceChildren(
        name === 'all' ? t('all') : t(`state.${name}`),
        h('span', { class: 'count' }, String(count)),
      );
    }
    const shown = all.filter(({ state }) => this.#filter === 'all' || state === this.#filter);
    const items = shown.map((complaint) => this.#item(complaint));
    for (const item of [...this.#list.children]) {
      if (!items.some((kept) => kept === item)) item.remove();
    }
    for (const [index, item] of items.entries()) {
      const present = this.#list.children.item(index);
      if (present !== item) this.#list.insertBefore(item, present);
    }
    find('#queue-empty', HTMLElement).hidden = shown.length > 0;
  }

  /** @param {ComplaintView} complaint */
  #item(complaint) {
    const { id } = complaint;
    const link = h('a', { href: `#${encodeURIComponent(id)}`, class: 'card' });
    const item = this.#items.get(id) ?? h('li', {}, link);
    this.#items.set(id, item);
    const card = find('a', HTMLAnchorElement, item);
    const isFresh = this.#fresh.has(id);
    if (id === this.#opened) card.setAttribute('aria-current', 'true');
    else card.removeAttribute('aria-current');
    item.classList.toggle('is-fresh', isFresh);
    card.replaceChildren(...contentOf(complaint, isFresh));
    return item;
  }
}

/**
 * @param {ComplaintView} complaint
 * @param {boolean} isFresh
 */
function contentOf({ time, state, problem, detail, orders, ...complaint }, isFresh) {
  const amount = orders.reduce((sum, order) => sum + order.amount, 0);
  return [
    h(
      'span',
      { class: 'card-top' },
      h('span', { class: 'card-title', lang: THEIR_LANGUAGE }, problem),
      isFresh && h('span', { class: 'dot' }, h('span', { class: 'unseen' }, t('fresh'))),
      h('time', { class: 'muted', datetime: time, title: formatTime(time) }, formatAge(time)),
    ),
    h('span', { class: 'card-detail', lang: THEIR_LANGUAGE }, detail),
    h(
      'span',
      { class: 'card-foot' },
      stateBadge(state),
      ...flags(complaint),
      amount > 0 && h('span', { class: 'amount' }, formatMoney(amount)),
    ),
  ];
}

/** @param {string} state */
export function stateBadge(state) {
  return h('span', { class: 'badge', 'data-state': state }, t(`state.${state}`) || state);
}

/** @param {Pick<ComplaintView, 'isUrgent' | 'isWaiting' | 'isWithPlatform' | 'isRefunded'>} complaint */
export function flags({ isUrgent, isWaiting, isWithPlatform, isRefunded }) {
  return [
    isUrgent && h('span', { class: 'badge', 'data-flag': 'urgent' }, icon('bolt'), t('urgent')),
    isWaiting && h('span', { class: 'badge', 'data-flag': 'waiting' }, icon('reply'), t('waiting')),
    isWithPlatform &&
      h('span', { class: 'badge', 'data-flag': 'platform' }, icon('shield'), t('platform')),
    isRefunded &&
      h('span', { class: 'badge', 'data-flag': 'refunded' }, icon('check'), t('refunded')),
  ];
}
