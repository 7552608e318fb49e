import { CallError, describe, post, upload } from './api.js';
import { announce, h, icon } from './dom.js';
import { t } from './words.js';

const MAX_PICTURES = 4;
const MAX_BYTES = 2 * 1024 * 1024;

/** Where an answer is written. It keeps what was written until it has been sent. */
export class Composer {
  /** @type {File[]} */
  #files = [];
  #isSending = false;
  /** The same one until the answer has arrived: WeChat Pay may know it already. */
  #answerId = crypto.randomUUID();
  #text = h('textarea', {
    id: 'answer',
    rows: 2,
    maxlength: 500,
    required: true,
    placeholder: t('answerPlaceholder'),
    'aria-describedby': 'answer-hint',
    input: () => this.#count(),
  });
  #counter = h('span', { class: 'muted counter', 'aria-hidden': 'true' });
  #error = h('p', { class: 'error', role: 'alert', hidden: true });
  #attachments = h('ul', { class: 'attachments' });
  #picker = h('input', {
    type: 'file',
    id: 'attach',
    class: 'unseen',
    accept: 'image/png,image/jpeg,image/bmp',
    'aria-describedby': 'attach-hint',
    change: () => this.#attach(),
  });
  #submit = h('button', { type: 'submit', class: 'button primary' }, icon('send'), t('send'));

  /**
   * @param {string} complaintId
   * @param {() => Promise<void>} onSent
   */
  constructor(complaintId, onSent) {
    this.complaintId = complaintId;
    this.onSent = onSent;
    this.element = h(
      'form',
      {
        class: 'composer',
        novalidate: true,
        submit: (event) => {
          event.preventDefault();
          void this.#send();
        },
      },
      h('label', { for: 'answer', class: 'label' }, t('answer')),
      this.#text,
      this.#attachments,
      this.#error,
      h(
        'div',
        { class: 'composer-foot' },
        this.#picker,
        h('label', { for: 'attach', class: 'button quiet' }, icon('image'), t('attach')),
        h('span', { id: 'attach-hint', class: 'unseen' }, t('attachHint')),
        h('span', { id: 'answer-hint', class: 'unseen' }, t('answerHint')),
        this.#counter,
        this.#submit,
      ),
    );
    this.#count();
  }

  #count() {
    this.#counter.textContent = t('answerCount', { count: this.#text.value.length });
  }

  #attach() {
    const [file] = this.#picker.files ?? [];
    // The same file may be chosen again after it was removed.
    this.#picker.value = '';
    if (!file) return;
    if (file.size > MAX_BYTES) return this.#fail(new CallError('TOO_LARGE'));
    this.#error.hidden = true;
    this.#files = [...this.#files, file].slice(-MAX_PICTURES);
    this.#showFiles();
  }

  #showFiles() {
    this.#attachments.replaceChildren(
      ...this.#files.map((file) => {
        const remove = () => {
          this.#files = this.#files.filter((kept) => kept !== file);
          this.#showFiles();
          this.#picker.focus();
        };
        return h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: 'chip',
              'aria-label': t('attached', { name: file.name }),
              click: remove,
            },
            icon('image'),
            file.name,
            icon('close'),
          ),
        );
      }),
    );
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#error.textContent = describe(error, t);
    this.#error.hidden = false;
  }

  async #send() {
    if (this.#isSending) return;
    const text = this.#text.value.trim();
    this.#text.setAttribute('aria-invalid', String(text === ''));
    if (text === '') {
      this.#fail(new CallError('EMPTY'));
      this.#text.focus();
      return;
    }
    this.#isSending = true;
    this.#submit.setAttribute('aria-disabled', 'true');
    this.#submit.replaceChildren(icon('clock'), t('sending'));
    try {
      const pictures = [];
      for (const file of this.#files) pictures.push((await upload('/api/pictures', file)).id);
      const path = `/api/complaints/${encodeURIComponent(this.complaintId)}/answers`;
      await post(path, { id: this.#answerId, text, pictures });
      this.#answerId = crypto.randomUUID();
      this.#text.value = '';
      this.#files = [];
      this.#error.hidden = true;
      this.#showFiles();
      this.#count();
      announce(t('sent'));
      await this.onSent();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isSending = false;
      this.#submit.removeAttribute('aria-disabled');
      this.#submit.replaceChildren(icon('send'), t('send'));
    }
  }
}
