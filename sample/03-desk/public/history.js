import { h } from './dom.js';
import { formatTime } from './format.js';
import { CONSUMER_LANGUAGE } from './i18n.js';
import { thumbnail } from './picture.js';
import { t } from './words.js';

/** @typedef {import('../history.view.js').EntryView} EntryView */

/** Pixels from the end within which the reader counts as being at the end. */
const NEAR_END = 80;

/** What was said and done, oldest first. An entry that is shown keeps its element. */
export class History {
  #list = h('ol', { class: 'entries' });
  element = h(
    'div',
    { class: 'talk-scroll', tabindex: 0, role: 'region', 'aria-label': t('history') },
    this.#list,
  );
  /** Where the pictures of each entry are. @type {Map<string, HTMLElement>} */
  #pictures = new Map();
  /** Entries with a picture that did not load. @type {Set<string>} */
  #broken = new Set();
  #hasReread = false;

  /** @param {() => void} reread reads the complaint again, which brings new picture URLs */
  constructor(reread) {
    this.reread = reread;
  }

  /** @param {readonly EntryView[]} entries oldest first */
  show(entries) {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    const isFirst = this.#pictures.size === 0;
    let hasNew = false;
    for (const entry of entries) {
      const pictures = this.#pictures.get(entry.id);
      if (pictures === undefined) {
        this.#list.append(this.#entryOf(entry, !isFirst));
        hasNew = true;
      } else if (this.#broken.delete(entry.id)) {
        pictures.replaceChildren(...this.#thumbnailsOf(entry));
      }
    }
    if (hasNew && wasAtEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  /**
   * @param {EntryView} entry
   * @param {boolean} isNew
   */
  #entryOf(entry, isNew) {
    const { id, time, type, by, text, choices, pictures } = entry;
    const list = h('ul', { class: 'pictures' }, ...this.#thumbnailsOf(entry));
    list.hidden = pictures.length === 0;
    this.#pictures.set(id, list);
    return h(
      'li',
      { class: `entry by-${by}${isNew ? ' is-new' : ''}` },
      h(
        'p',
        { class: 'entry-head' },
        h('strong', {}, nameOf(entry)),
        ' ',
        h('span', {}, t(`entry.${type}`) || t('entry.other')),
        ' ',
        h('time', { datetime: time }, formatTime(time)),
      ),
      text !== '' && h('p', { class: 'entry-text', lang: CONSUMER_LANGUAGE }, text),
      choices.length > 0 &&
        h(
          'ul',
          { class: 'offered', 'aria-label': t('offered'), lang: CONSUMER_LANGUAGE },
          ...choices.map((choice) => h('li', {}, choice)),
        ),
      list,
    );
  }

  /** @param {EntryView} entry */
  #thumbnailsOf(entry) {
    return entry.pictures.map((picture, index) => {
      const onBroken = () => {
        this.#broken.add(entry.id);
        // Its URL has expired, or is gone for good. One more reading tells which.
        if (this.#hasReread) return;
        this.#hasReread = true;
        this.reread();
      };
      return h('li', {}, thumbnail(picture, { index: index + 1, who: nameOf(entry) }, onBroken));
    });
  }
}

/** @param {EntryView} entry */
function nameOf({ by }) {
  return t(`by.${by}`);
}
