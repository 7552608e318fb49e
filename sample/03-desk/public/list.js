import { arrange } from './arrange.js';
import { badgesOf } from './badges.js';
import { announce, find, h, icon } from './dom.js';
import { hasDraft } from './drafts.js';
import { isDueSoon } from './due.js';
import { formatAge, formatMoney, formatTime } from './format.js';
import { CONSUMER_LANGUAGE } from './i18n.js';
import { ListTools } from './list-tools.js';
import { Unread } from './unread.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

/**
 * The complaints on the left: a listbox with one tab stop, whose options are links. An option keeps
 * its element while its content changes, so that focus stays where it is.
 */
export class ComplaintList {
  /** @type {Map<string, ComplaintView>} */
  #complaints = new Map();
  /** The ids of the latest 30 days. @type {ReadonlySet<string>} */
  #recent = new Set();
  /** @type {Map<string, HTMLAnchorElement>} */
  #options = new Map();
  #unread = new Unread();
  #tools = new ListTools(() => {
    this.render();
    announce(t('shown', { count: this.#list.childElementCount }));
  });
  #list = find('#list', HTMLElement);
  #isLoaded = false;
  /** The complaint that is open on the right. @type {string | undefined} */
  #opened;
  /** The option that Tab leads to. @type {string | undefined} */
  #stop;

  constructor() {
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.#list.addEventListener('focusin', (event) => {
      if (event.target instanceof HTMLElement) this.#moveStop(event.target.dataset.id);
    });
  }

  /** Whether anything has been loaded. Until then the list is not empty but unknown. */
  get isLoaded() {
    return this.#isLoaded;
  }

  /** How many complaints are close to a deadline or past it. */
  get dueCount() {
    return [...this.#complaints.values()].filter(isDueSoon).length;
  }

  /**
   * Takes the latest complaints in place of the ones loaded before. Older ones stay.
   *
   * @param {readonly ComplaintView[]} complaints
   */
  replaceRecent(complaints) {
    for (const id of this.#recent) this.#complaints.delete(id);
    this.#recent = new Set(complaints.map(({ id }) => id));
    const isFirst = !this.#isLoaded;
    this.#isLoaded = true;
    this.#unread.notice(complaints);
    if (this.#opened !== undefined) this.#unread.delete(this.#opened);
    this.add(complaints);
    if (isFirst) this.#reveal();
  }

  /** @param {readonly ComplaintView[]} complaints */
  add(complaints) {
    for (const complaint of complaints) this.#complaints.set(complaint.id, complaint);
    this.render();
  }

  /**
   * @param {ComplaintView} complaint
   * @param {boolean} isNews
   */
  put(complaint, isNews) {
    if (isNews && complaint.id !== this.#opened) this.#unread.add(complaint.id);
    this.add([complaint]);
  }

  /** @param {string | undefined} id */
  open(id) {
    this.#opened = id;
    if (id !== undefined) {
      this.#stop = id;
      this.#unread.delete(id);
    }
    this.render();
    this.#reveal();
  }

  /** Focuses the option that the reader was at. */
  focus() {
    (this.#option(this.#stop) ?? find('#list-title', HTMLElement)).focus();
  }

  focusSearch() {
    this.#tools.focusSearch();
  }

  /**
   * Moves by one complaint. In a narrow window, which shows a complaint in place of the list, the
   * other complaint is opened.
   *
   * @param {1 | -1} step
   */
  move(step) {
    const options = this.#shownOptions();
    const at = options.findIndex(({ dataset }) => dataset.id === this.#stop);
    // Without a place in the list the first step leads to its top.
    const wasThere = this.#list.contains(document.activeElement) || this.#opened !== undefined;
    const next = options[at < 0 || !wasThere ? Math.max(at, 0) : at + step];
    if (!next) return;
    if (this.#list.checkVisibility()) next.focus();
    else next.click();
  }

  render() {
    const shown = arrange([...this.#complaints.values()], this.#tools.arrangement, (id) =>
      this.#unread.has(id),
    );
    const had = document.activeElement;
    const index = this.#shownOptions().findIndex((option) => option === had);
    this.#arrangeOptions(shown.map((complaint) => this.#optionOf(complaint)));
    this.#list.hidden = shown.length === 0;
    this.#moveStop(shown.some(({ id }) => id === this.#stop) ? this.#stop : shown[0]?.id);
    // Moving an element takes focus away, and so does removing it.
    if (index >= 0 && document.activeElement !== had) {
      const options = this.#shownOptions();
      const kept = options.find((option) => option === had) ?? options[index] ?? options.at(-1);
      (kept ?? find('#list-title', HTMLElement)).focus({ preventScroll: true });
    }
    this.#tools.showCounts(this.#isLoaded ? [...this.#complaints.values()] : undefined);
    this.#showDue();
    this.#showEmpty(shown.length === 0);
  }

  /** @param {readonly HTMLElement[]} options */
  #arrangeOptions(options) {
    const kept = new Set(options);
    for (const option of this.#shownOptions()) if (!kept.has(option)) option.remove();
    for (const [index, option] of options.entries()) {
      const present = this.#list.children.item(index);
      if (present !== option) this.#list.insertBefore(option, present);
    }
  }

  #showDue() {
    const box = find('#list-due', HTMLElement);
    box.hidden = this.dueCount === 0;
    box.replaceChildren(icon('clock'), t('dueCount', { count: this.dueCount }));
  }

  /** @param {boolean} isEmpty */
  #showEmpty(isEmpty) {
    const box = find('#list-empty', HTMLElement);
    const { search } = this.#tools.arrangement;
    box.hidden = !isEmpty || !this.#isLoaded;
    box.textContent = t(this.#tools.isNarrowed ? 'noneFound' : 'noneYet');
    // The number of a complaint that is older than the list.
    if (/^\d{10,64}$/.test(search)) {
      box.append(' ', h('a', { href: `#${search}` }, t('openByNumber', { id: search })));
    }
  }

  #reveal() {
    this.#option(this.#opened)?.scrollIntoView({ block: 'nearest' });
  }

  /** @returns {HTMLElement[]} */
  #shownOptions() {
    return [...this.#list.children].filter((child) => child instanceof HTMLElement);
  }

  /** @param {string | undefined} id */
  #option(id) {
    const option = this.#options.get(id ?? '');
    return option?.isConnected ? option : undefined;
  }

  /** @param {string | undefined} id */
  #moveStop(id) {
    if (id === undefined) return;
    this.#option(this.#stop)?.setAttribute('tabindex', '-1');
    this.#option(id)?.setAttribute('tabindex', '0');
    this.#stop = id;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const options = this.#shownOptions();
    const actions = /** @type {Readonly<Record<string, () => void>>} */ ({
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Home: () => options[0]?.focus(),
      End: () => options.at(-1)?.focus(),
      ' ': () => this.#option(this.#stop)?.click(),
    });
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** @param {ComplaintView} complaint */
  #optionOf(complaint) {
    const { id } = complaint;
    const option =
      this.#options.get(id) ??
      h('a', {
        class: 'card',
        role: 'option',
        href: `#${encodeURIComponent(id)}`,
        tabindex: -1,
        'data-id': id,
      });
    this.#options.set(id, option);
    option.setAttribute('aria-selected', String(id === this.#opened));
    option.classList.toggle('is-unread', this.#unread.has(id));
    option.replaceChildren(...contentOf(complaint, this.#unread.has(id), hasDraft(id)));
    return option;
  }
}

/**
 * @param {ComplaintView} complaint
 * @param {boolean} isUnread
 * @param {boolean} isDrafted
 */
function contentOf(complaint, isUnread, isDrafted) {
  const { time, problem, detail, orders } = complaint;
  const amount = orders.reduce((sum, order) => sum + order.amount, 0);
  return [
    h(
      'span',
      { class: 'card-top' },
      isUnread && h('span', { class: 'dot' }, h('span', { class: 'unseen' }, t('unread'))),
      h('span', { class: 'card-title', lang: CONSUMER_LANGUAGE }, problem),
      amount > 0 && h('span', { class: 'amount' }, formatMoney(amount)),
      h('time', { class: 'muted', datetime: time, title: formatTime(time) }, formatAge(time)),
    ),
    h('span', { class: 'card-detail', lang: CONSUMER_LANGUAGE }, detail),
    h(
      'span',
      { class: 'card-foot' },
      ...badgesOf(complaint),
      isDrafted && h('span', { class: 'badge', 'data-flag': 'draft' }, icon('pencil'), t('draft')),
    ),
  ];
}
