import { act, CallError } from './api.js';
import { Attachments } from './attachments.js';
import { CANNED_REPLIES } from './canned-replies.js';
import { ask, choose } from './dialogs.js';
import { announce, h, icon } from './dom.js';
import { discardDraft, hasDraft, readDraft, saveDraft } from './drafts.js';
import { isUncertain, showFailure } from './failure.js';
import { formatMoney } from './format.js';
import { CONSUMER_LANGUAGE, lang } from './i18n.js';
import { isMac } from './shortcuts.js';
import { textProblem } from './text-checks.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

const MAX_LENGTH = 500;

/**
 * What the composer tells the complaint around it.
 *
 * @typedef {{
 *   onSent: () => Promise<void>,
 *   onDraft: () => void,
 *   watchFor: (text: string) => () => Promise<boolean>,
 * }} Around `watchFor` is called before a reply is sent. The function that it returns reads the
 *   history again, and tells whether the reply is in what is new.
 */

/**
 * Composers that were opened since the page was loaded, so that a reply that is being sent, its
 * pictures and its error are still there when people come back to the complaint.
 *
 * @type {Map<string, Composer>}
 */
const composers = new Map();

/**
 * @param {string} complaintId
 * @param {Around} around
 */
export function composerOf(complaintId, around) {
  const composer = composers.get(complaintId) ?? new Composer(complaintId);
  composers.set(complaintId, composer);
  composer.around = around;
  return composer;
}

/** Where a reply is written. What is written stays until it has been sent. */
class Composer {
  /** @type {Around | undefined} */
  around;
  /** @type {ComplaintView | undefined} */
  complaint;
  #isSending = false;
  #draft;
  #text = h('textarea', {
    id: 'reply',
    rows: 3,
    required: true,
    placeholder: t('replyPlaceholder'),
    'aria-describedby': 'reply-hint reply-problem',
    input: () => this.#onInput(),
    keydown: (event) => this.#onKey(event),
  });
  #counter = h('span', { class: 'muted counter', 'aria-hidden': 'true' });
  #problem = h('p', { id: 'reply-problem', class: 'problem', role: 'status' });
  #error = h('p', { class: 'error', role: 'alert', hidden: true });
  #attachments = new Attachments(() => this.#save());
  #submit = h('button', {
    type: 'submit',
    class: 'button primary',
    title: `${isMac ? '⌘' : 'Ctrl'} + Enter`,
    'aria-keyshortcuts': isMac ? 'Meta+Enter' : 'Control+Enter',
  });

  /** @param {string} complaintId */
  constructor(complaintId) {
    this.complaintId = complaintId;
    this.#draft = readDraft(complaintId);
    this.element = h(
      'form',
      {
        class: 'composer',
        novalidate: true,
        submit: (event) => {
          event.preventDefault();
          this.#onSubmit();
        },
      },
      h('label', { for: 'reply', class: 'label' }, t('reply')),
      this.#text,
      this.#problem,
      this.#attachments.element,
      this.#error,
      h(
        'div',
        { class: 'composer-foot' },
        this.#attachments.control,
        h(
          'button',
          { type: 'button', class: 'button quiet', click: () => this.#choose() },
          icon('lines'),
          t('canned'),
        ),
        h('span', { id: 'reply-hint', class: 'unseen' }, t('replyHint')),
        h('span', { class: 'send' }, this.#counter, this.#submit),
      ),
    );
    this.#text.value = this.#draft.text;
    this.#showSending(false);
    this.#check();
    if (this.#draft.pictures.length > 0) this.#attachments.showLost(this.#draft.pictures);
    if (this.#draft.isUncertain) this.#fail(new CallError('uncertain', { isUncertain: true }));
  }

  #onInput() {
    this.#save();
    this.#check();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Enter also ends the composition of Chinese characters.
    if (event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#onSubmit();
  }

  #save() {
    const had = hasDraft(this.complaintId);
    this.#draft = {
      ...this.#draft,
      text: this.#text.value,
      pictures: this.#attachments.names,
      // A changed reply is another reply.
      replyId: crypto.randomUUID(),
    };
    saveDraft(this.complaintId, this.#draft);
    if (hasDraft(this.complaintId) !== had) this.around?.onDraft();
  }

  /** Says while people type what WeChat Pay would not accept. */
  #check() {
    const text = this.#text.value;
    const { length } = Array.from(text);
    this.#counter.textContent = t('replyCount', { length, max: MAX_LENGTH });
    this.#counter.classList.toggle('is-over', length > MAX_LENGTH);
    const problem = textProblem(text, MAX_LENGTH) ?? '';
    if (this.#problem.textContent !== problem) this.#problem.textContent = problem;
    this.#text.ariaInvalid = String(problem !== '');
    return problem;
  }

  #choose() {
    const [order] = this.complaint?.orders ?? [];
    const choices = CANNED_REPLIES.map(({ zh, en, text }) => ({
      name: lang === 'en' ? en : zh,
      text: text
        .replace('{order}', order?.number ?? '')
        .replace('{amount}', formatMoney(this.complaint?.refundAmount ?? order?.amount ?? 0)),
    }));
    choose(t('cannedTitle'), choices, CONSUMER_LANGUAGE, (text) => {
      const { selectionStart, selectionEnd } = this.#text;
      this.#text.setRangeText(text, selectionStart, selectionEnd, 'end');
      this.#onInput();
      this.#text.focus();
    });
  }

  #onSubmit() {
    if (this.#isSending) return;
    if (this.#text.value.trim() === '') {
      this.#text.ariaInvalid = 'true';
      this.#fail(new CallError('empty'));
      this.#text.focus();
      return;
    }
    if (this.#check() !== '') {
      this.#text.focus();
      return;
    }
    if (!this.#draft.isUncertain) return void this.#send();
    ask({
      title: t('sendAgainTitle'),
      content: [h('p', {}, t('sendAgain'))],
      confirm: t('sendAgainConfirm'),
      run: async () => {
        // Not awaited: what becomes of it is shown in the composer.
        void this.#send();
      },
    });
  }

  async #send() {
    const text = this.#text.value.trim();
    const hasArrived = this.around?.watchFor(text);
    this.#showSending(true);
    try {
      const pictures = await this.#attachments.upload();
      const path = `/api/complaints/${encodeURIComponent(this.complaintId)}/replies`;
      await act(path, { id: this.#draft.replyId, text, pictures });
    } catch (error) {
      if (!isUncertain(error)) return this.#fail(error);
      this.#draft = { ...this.#draft, isUncertain: true };
      saveDraft(this.complaintId, this.#draft);
      if (!(await hasArrived?.())) return this.#fail(error);
    } finally {
      this.#showSending(false);
    }
    this.#clear();
    announce(t('sent'));
    await this.around?.onSent();
  }

  #clear() {
    discardDraft(this.complaintId);
    this.#draft = readDraft(this.complaintId);
    this.#text.value = '';
    this.#attachments.clear();
    this.#error.hidden = true;
    this.#check();
    this.around?.onDraft();
  }

  /** @param {boolean} isSending */
  #showSending(isSending) {
    this.#isSending = isSending;
    // What is typed now would be lost when the reply has been sent.
    this.#text.readOnly = isSending;
    this.#submit.ariaDisabled = isSending ? 'true' : null;
    this.#submit.replaceChildren(
      icon(isSending ? 'clock' : 'send'),
      t(isSending ? 'sending' : 'send'),
    );
  }

  /** @param {unknown} error */
  #fail(error) {
    showFailure(this.#error, error, t);
    // Another complaint has been opened in the meantime.
    if (!this.element.isConnected) {
      announce(t('notSent', { problem: this.complaint?.problem ?? this.complaintId }));
    }
  }
}
