import { get } from './api.js';
import { find, h } from './dom.js';
import { showFailure } from './failure.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintListView} ComplaintListView */

/** Loads the complaints of the latest 30 days, and older ones on request. */
export class ListLoader {
  #error = find('#list-error', HTMLElement);
  #older = find('#older', HTMLButtonElement);
  #isUpToDate = false;
  /** Last day of the next older part. @type {string | undefined} */
  #olderEnd;
  /** How many complaints of the latest 30 days, and of the older ones, cannot be read. */
  #unreadable = { recent: 0, older: 0 };
  #loads = 0;

  /**
   * @param {import('./list.js').ComplaintList} list
   * @param {() => void} onChange called after each load, whatever its outcome
   */
  constructor(list, onChange) {
    this.list = list;
    this.onChange = onChange;
    this.#older.addEventListener('click', () => void this.#loadOlder());
  }

  /** Whether the list is what WeChat Pay had at the last load. */
  get isUpToDate() {
    return this.#isUpToDate;
  }

  async load() {
    this.#loads += 1;
    const load = this.#loads;
    try {
      /** @type {ComplaintListView} */
      const part = await get('/api/complaints');
      if (load !== this.#loads) return;
      this.list.replaceRecent(part.complaints);
      this.#unreadable.recent = part.unreadable;
      this.#isUpToDate = true;
      this.#error.hidden = true;
      // Older parts that are loaded stay.
      if (this.#olderEnd === undefined) this.#showRange(part);
      this.#showUnreadable();
    } catch (failure) {
      if (load !== this.#loads) return;
      this.#isUpToDate = false;
      this.#fail(failure, () => this.load());
    }
    this.onChange();
  }

  async #loadOlder() {
    if (this.#older.ariaDisabled === 'true') return;
    this.#older.ariaDisabled = 'true';
    try {
      /** @type {ComplaintListView} */
      const part = await get(`/api/complaints?end=${this.#olderEnd}`);
      this.list.add(part.complaints);
      this.#unreadable.older += part.unreadable;
      if (this.#isUpToDate) this.#error.hidden = true;
      this.#showRange(part);
      this.#showUnreadable();
    } catch (failure) {
      this.#fail(failure, () => this.#loadOlder());
    } finally {
      this.#older.ariaDisabled = null;
    }
    this.onChange();
  }

  /** @param {ComplaintListView} part the oldest one that is loaded */
  #showRange({ complaints, begin, older }) {
    this.#olderEnd = older;
    this.#older.hidden = false;
    const key = complaints.length > 0 ? 'range' : 'rangeEmpty';
    find('#list-range', HTMLElement).textContent = t(key, { begin });
  }

  #showUnreadable() {
    const count = this.#unreadable.recent + this.#unreadable.older;
    const box = find('#list-unreadable', HTMLElement);
    box.hidden = count === 0;
    box.textContent = t('unreadable', { count });
  }

  /**
   * @param {unknown} failure
   * @param {() => Promise<void>} again
   */
  #fail(failure, again) {
    showFailure(this.#error, failure, t);
    if (this.list.isLoaded) {
      this.#error.append(h('span', { class: 'error-detail' }, t('listOutdated')));
    }
    this.#error.append(
      h('button', { type: 'button', class: 'button', click: () => void again() }, t('retry')),
    );
  }
}
