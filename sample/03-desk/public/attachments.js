import { upload } from './api.js';
import { h, icon } from './dom.js';
import { t } from './words.js';

const MAX_PICTURES = 4;
const MAX_BYTES = 2 * 1024 * 1024;
/** What the files of each type begin with. The name of a file says nothing about its content. */
const TYPES = /** @type {const} */ ([
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/bmp', [0x42, 0x4d]],
]);

/** The pictures of a reply. A wrong file is rejected when it is chosen. */
export class Attachments {
  /** @type {{ file: File, type: string, mediaId?: string }[]} */
  #pictures = [];
  #list = h('ul', { class: 'attachments' });
  #error = h('p', { class: 'error', role: 'alert', hidden: true });
  #picker = h('input', {
    type: 'file',
    id: 'attach',
    class: 'unseen',
    accept: TYPES.map(([type]) => type).join(),
    multiple: true,
    'aria-describedby': 'attach-hint',
    change: () => void this.#add(),
  });
  /** The chosen pictures, and what is wrong with the others. */
  element = h('div', { class: 'attached' }, this.#list, this.#error);
  /** Where pictures are chosen. */
  control = h(
    'span',
    { class: 'attach' },
    this.#picker,
    h('label', { for: 'attach', class: 'button quiet' }, icon('image'), t('attach')),
    h('span', { id: 'attach-hint', class: 'unseen' }, t('attachHint')),
  );

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get names() {
    return this.#pictures.map(({ file }) => file.name);
  }

  /**
   * Uploads each picture once, even if the reply has to be sent again.
   *
   * @returns {Promise<string[]>} media ids
   */
  async upload() {
    const ids = [];
    for (const picture of this.#pictures) {
      picture.mediaId ??= /** @type {string} */ (
        (await upload('/api/pictures', picture.file, picture.type)).id
      );
      ids.push(picture.mediaId);
    }
    return ids;
  }

  clear() {
    this.#pictures = [];
    this.#error.hidden = true;
    this.#show();
  }

  /** @param {readonly string[]} names of pictures that a reload has lost */
  showLost(names) {
    this.#fail([t('picturesLost', { names: names.join(t('listSeparator')) })]);
  }

  async #add() {
    const files = [...(this.#picker.files ?? [])];
    // The same file can be chosen again after it was removed.
    this.#picker.value = '';
    const problems = [];
    for (const file of files) {
      const type = await typeOf(file);
      const problem =
        type === undefined
          ? 'type'
          : file.size > MAX_BYTES
            ? 'size'
            : this.#pictures.length >= MAX_PICTURES && 'count';
      if (type === undefined || problem) problems.push(t(`file.${problem}`, { name: file.name }));
      else this.#pictures.push({ file, type });
    }
    this.#fail(problems);
    this.#show();
    this.onChange();
  }

  /** @param {readonly string[]} problems */
  #fail(problems) {
    this.#error.replaceChildren(...problems.map((problem) => h('span', {}, problem)));
    this.#error.hidden = problems.length === 0;
  }

  #show() {
    this.#list.replaceChildren(
      ...this.#pictures.map((picture) => {
        const { name } = picture.file;
        const remove = () => {
          this.#pictures = this.#pictures.filter((kept) => kept !== picture);
          this.#error.hidden = true;
          this.#show();
          this.onChange();
          this.#picker.focus();
        };
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', class: 'chip', 'aria-label': t('attached', { name }), click: remove },
            icon('image'),
            name,
            icon('close'),
          ),
        );
      }),
    );
  }
}

/** @param {File} file */
async function typeOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const found = TYPES.find(([, start]) => start.every((byte, index) => bytes[index] === byte));
  return found?.[0];
}
