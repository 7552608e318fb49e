import { act, get } from './api.js';
import { badgesOf } from './badges.js';
import { composerOf } from './composer.js';
import { ask } from './dialogs.js';
import { announce, h, icon } from './dom.js';
import { isUncertain, showFailure } from './failure.js';
import { Facts } from './facts.js';
import { History } from './history.js';
import { CONSUMER_LANGUAGE } from './i18n.js';
import { RefundPanel } from './refund-panel.js';
import { t } from './words.js';

/**
 * @typedef {import('../history.view.js').ComplaintDetailsView} Details
 * @typedef {import('../complaint.view.js').ComplaintView} ComplaintView
 */

/** The complaint on the right. What is typed or focused stays as it is when news come in. */
export class OpenComplaint {
  #title = h('h2', { id: 'complaint-title', tabindex: -1 }, t('loading'));
  #badges = h('p', { class: 'badges' });
  #error = h('p', { class: 'error', role: 'alert', hidden: true });
  #complete = h(
    'button',
    { type: 'button', class: 'button', hidden: true, click: () => this.#askToComplete() },
    icon('check'),
    t('complete'),
  );
  #history = new History(() => void this.refresh());
  #refund = new RefundPanel(
    (decision, done) => this.#act('refund', decision, done, ({ refund }) => refund !== 'requested'),
    () => this.focus(),
  );
  /** Hidden until there is a complaint to show. @type {readonly HTMLElement[]} */
  #parts;
  /** @type {Details | undefined} */
  #details;
  /** @type {Promise<ComplaintView | undefined> | undefined} */
  #latest;

  /**
   * @param {string} id
   * @param {{ onShow: (complaint: ComplaintView) => void, onDraft: () => void }} around
   */
  constructor(id, { onShow, onDraft }) {
    this.id = id;
    this.onShow = onShow;
    this.facts = new Facts(id, (error) => this.#fail(error));
    this.composer = composerOf(id, {
      onDraft,
      onSent: async () => void (await this.refresh()),
      watchFor: (text) => this.#watchFor(text),
    });
    this.#parts = [
      h('div', { class: 'talk' }, this.#history.element, this.composer.element),
      h(
        'aside',
        { class: 'side', 'aria-label': t('facts') },
        this.#refund.element,
        this.facts.element,
      ),
    ];
    for (const part of this.#parts) part.hidden = true;
    this.element = h(
      'article',
      { class: 'complaint-content', 'aria-labelledby': 'complaint-title' },
      h(
        'header',
        { class: 'complaint-head' },
        h('a', { href: '#', class: 'button quiet back' }, icon('back'), t('back')),
        h('div', { class: 'complaint-name' }, this.#title, this.#badges),
        this.#complete,
        this.#error,
      ),
      ...this.#parts,
    );
  }

  get name() {
    return this.#details?.complaint.problem;
  }

  /** What is closed ignores the response that is still on its way. */
  close() {
    this.#latest = undefined;
  }

  focus() {
    this.#title.focus();
  }

  /**
   * Reads the complaint and shows it. A reading that is overtaken by a later one waits for that.
   *
   * @returns {Promise<ComplaintView | undefined>} undefined when it failed
   */
  refresh() {
    /** @type {Promise<ComplaintView | undefined>} */
    const reading = this.#read().then(
      (details) => {
        if (this.#latest !== reading) return this.#latest;
        this.#error.hidden = true;
        this.#show(details);
        this.onShow(details.complaint);
        return details.complaint;
      },
      (error) => {
        if (this.#latest !== reading) return this.#latest;
        this.#fail(error);
        return undefined;
      },
    );
    this.#latest = reading;
    return reading;
  }

  /** @returns {Promise<Details>} */
  #read() {
    return get(`/api/complaints/${encodeURIComponent(this.id)}`);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#details === undefined) this.#title.textContent = this.id;
    showFailure(this.#error, error, t);
    this.#error.append(
      h(
        'button',
        { type: 'button', class: 'button', click: () => void this.refresh() },
        t('reload'),
      ),
    );
  }

  /** @param {Details} details */
  #show(details) {
    const { complaint, history } = details;
    this.#details = details;
    this.composer.complaint = complaint;
    for (const part of this.#parts) part.hidden = false;
    this.#title.lang = CONSUMER_LANGUAGE;
    this.#title.textContent = complaint.problem || complaint.id;
    this.#badges.replaceChildren(...badgesOf(complaint));
    this.#complete.hidden = complaint.state !== 'PROCESSING';
    this.facts.show(complaint);
    this.#refund.show(details);
    this.#history.show(history);
  }

  /** @param {string} text */
  #watchFor(text) {
    const before = new Set(this.#details?.history.map(({ id }) => id));
    return async () => {
      await this.refresh();
      const added = this.#details?.history.filter(({ id }) => !before.has(id)) ?? [];
      return added.some((entry) => entry.by === 'merchant' && entry.text === text);
    };
  }

  /**
   * @param {string} step
   * @param {object} body
   * @param {string} done
   * @param {(details: Details) => boolean} isDone tells after an uncertain outcome
   */
  async #act(step, body, done, isDone) {
    try {
      await act(`/api/complaints/${encodeURIComponent(this.id)}/${step}`, body);
    } catch (error) {
      if (!isUncertain(error)) throw error;
      await this.refresh();
      if (!this.#details || !isDone(this.#details)) throw error;
    }
    announce(done);
    await this.refresh();
  }

  #askToComplete() {
    const isUndecided = this.#details?.refund === 'requested';
    ask({
      title: t('complete'),
      content: [
        isUndecided && h('p', { class: 'warning' }, t('completeUndecided')),
        h('p', {}, t('completeConfirm')),
      ],
      confirm: t(isUndecided ? 'completeAnyway' : 'complete'),
      isDangerous: isUndecided,
      run: () =>
        this.#act(
          'complete',
          {},
          t('completed'),
          ({ complaint }) => complaint.state === 'PROCESSED',
        ),
      onDone: () => this.focus(),
    });
  }
}
