import { SHOWS, SORTS, STATES } from './arrange.js';
import { find, h } from './dom.js';
import { recall, remember } from './storage.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

/** Search, filters and order of the list. The order is kept for the next visit. */
export class ListTools {
  #search = find('#search', HTMLInputElement);
  #show = find('#show', HTMLSelectElement);
  #sort = find('#sort', HTMLSelectElement);
  #states = find('#states', HTMLElement);
  #state = 'all';

  /** @param {() => void} onChange */
  constructor(onChange) {
    fill(this.#show, 'show', Object.keys(SHOWS));
    fill(this.#sort, 'sort', Object.keys(SORTS));
    const sort = recall('sort');
    if (Object.hasOwn(SORTS, sort)) this.#sort.value = sort;
    for (const state of STATES) {
      const choose = () => {
        this.#state = state;
        onChange();
      };
      this.#states.append(
        h('button', { type: 'button', class: 'state', 'data-state': state, click: choose }),
      );
    }
    this.showCounts(undefined);
    this.#search.addEventListener('input', onChange);
    this.#show.addEventListener('change', onChange);
    this.#sort.addEventListener('change', () => {
      remember('sort', this.#sort.value);
      onChange();
    });
  }

  get arrangement() {
    return {
      search: this.#search.value.trim(),
      state: this.#state,
      show: this.#show.value,
      sort: this.#sort.value,
    };
  }

  /** Whether complaints may be hidden. */
  get isNarrowed() {
    const { search, state, show } = this.arrangement;
    return search !== '' || state !== 'all' || show !== 'everything';
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /** @param {readonly ComplaintView[] | undefined} complaints undefined while they are unknown */
  showCounts(complaints) {
    for (const button of this.#states.querySelectorAll('button')) {
      const name = button.dataset.state ?? '';
      const counted = complaints?.filter(({ state }) => name === 'all' || state === name);
      button.setAttribute('aria-pressed', String(name === this.#state));
      button.replaceChildren(
        t(name === 'all' ? 'all' : `state.${name}`),
        h('span', { class: 'count' }, counted === undefined ? '' : String(counted.length)),
      );
    }
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} key
 * @param {readonly string[]} values
 */
function fill(select, key, values) {
  select.append(...values.map((value) => h('option', { value }, t(`${key}.${value}`))));
}
