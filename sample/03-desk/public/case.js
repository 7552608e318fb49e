import { describe, get, post } from './api.js';
import { Composer } from './composer.js';
import { ask, showPicture } from './dialogs.js';
import { announce, h, icon } from './dom.js';
import { formatMoney, formatTime, THEIR_LANGUAGE } from './i18n.js';
import { flags, stateBadge } from './queue.js';
import { t } from './words.js';

/**
 * @typedef {import('../complaint.view.js').ComplaintDetailsView} Details
 * @typedef {import('../complaint.view.js').ComplaintView} ComplaintView
 * @typedef {import('../complaint.view.js').EntryView} EntryView
 */

/** One complaint, on the right. What is typed and focused stays as it is when news come in. */
export class Case {
  #title = h('h2', { id: 'case-title', tabindex: -1 });
  #badges = h('p', { class: 'badges' });
  #error = h('p', { class: 'error', role: 'alert', hidden: true });
  #complete = h(
    'button',
    { type: 'button', class: 'button', hidden: true, click: () => this.#askToComplete() },
    icon('check'),
    t('complete'),
  );
  #history = h('ol', { class: 'entries' });
  #talk = h(
    'div',
    { class: 'talk-scroll', tabindex: 0, role: 'region', 'aria-label': t('history') },
    this.#history,
  );
  #facts = h('dl', { class: 'facts' });
  #phone = h('dd', {});
  #refundText = h('p', {});
  #refundButtons = h(
    'div',
    { class: 'buttons' },
    h(
      'button',
      { type: 'button', class: 'button primary', click: () => this.#askToApprove() },
      t('approve'),
    ),
    h('button', { type: 'button', class: 'button', click: () => this.#askToReject() }, t('reject')),
  );
  #refund = h(
    'section',
    { class: 'panel refund', 'aria-labelledby': 'refund-title', hidden: true },
    h('h3', { id: 'refund-title' }, t('refund')),
    this.#refundText,
    this.#refundButtons,
  );
  /** @type {readonly HTMLElement[]} */
  #parts;
  /** @type {Set<string>} */
  #shown = new Set();
  /** @type {Details | undefined} */
  #details;
  #turn = 0;
  /** What was clicked to be asked is gone when it is done. */
  #asking = { onDone: () => this.focus() };

  /**
   * @param {string} id
   * @param {(complaint: ComplaintView) => void} onChange
   */
  constructor(id, onChange) {
    this.id = id;
    this.onChange = onChange;
    const composer = new Composer(id, async () => {
      await this.refresh();
    });
    this.#parts = [
      h('div', { class: 'talk' }, this.#talk, composer.element),
      h(
        'aside',
        { class: 'side', 'aria-label': t('facts') },
        this.#refund,
        h('section', { class: 'panel' }, h('h3', {}, t('facts')), this.#facts),
      ),
    ];
    // There is nothing to answer until there is a complaint.
    for (const part of this.#parts) part.hidden = true;
    this.element = h(
      'article',
      { class: 'case-content', 'aria-labelledby': 'case-title' },
      h(
        'header',
        { class: 'case-head' },
        h('a', { href: '#', class: 'button quiet back' }, icon('back'), t('back')),
        h('div', { class: 'case-name' }, this.#title, this.#badges),
        this.#complete,
        this.#error,
      ),
      ...this.#parts,
    );
    this.#title.textContent = t('loading');
    this.#maskPhone();
  }

  /** What is closed shows nothing that is still on its way. */
  close() {
    this.#turn += 1;
  }

  focus() {
    this.#title.focus();
  }

  /** @returns {Promise<ComplaintView | undefined>} unless it cannot be had, or is shown later */
  async refresh() {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      /** @type {Details} */
      const details = await get(`/api/complaints/${encodeURIComponent(this.id)}`);
      // An answer that was overtaken is older than what is shown.
      if (turn !== this.#turn) return undefined;
      this.#error.hidden = true;
      this.#show(details);
      this.onChange(details.complaint);
      return details.complaint;
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
      return undefined;
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#details === undefined) this.#title.textContent = this.id;
    this.#error.textContent = describe(error, t);
    this.#error.hidden = false;
  }

  /** @param {Details} details */
  #show(details) {
    const { complaint, history, refund } = details;
    this.#details = details;
    for (const part of this.#parts) part.hidden = false;
    this.#title.lang = THEIR_LANGUAGE;
    this.#title.textContent = complaint.problem || complaint.id;
    this.#badges.replaceChildren(
      ...[
        stateBadge(complaint.state),
        ...flags(complaint),
        complaint.times > 1 &&
          h('span', { class: 'badge' }, t('times', { count: complaint.times })),
      ].filter((badge) => badge !== false),
    );
    this.#complete.hidden = complaint.state !== 'PROCESSING';
    this.#showFacts(complaint);
    this.#refund.hidden = refund === 'none';
    this.#refundButtons.hidden = refund !== 'asked';
    this.#refund.dataset.refund = refund;
    this.#refundText.replaceChildren(
      refund === 'asked' ? h('strong', {}, this.#amount()) : '',
      {
        none: '',
        asked: t('refundAsked'),
        approved: t('refundApproved'),
        rejected: t('refundRejected'),
        refunded: t('refundDone'),
      }[refund],
    );
    this.#append(history);
  }

  #amount() {
    const { refundAsked, orders = [] } = this.#details?.complaint ?? {};
    return formatMoney(refundAsked ?? orders.reduce((sum, { amount }) => sum + amount, 0));
  }

  /** @param {ComplaintView} complaint */
  #showFacts({ id, time, orders, tags, hasPhone }) {
    /** @type {[string, Node | string][]} */
    const facts = [
      [t('number'), h('span', { class: 'number' }, id)],
      [t('time'), h('time', { datetime: time }, formatTime(time))],
    ];
    for (const { number, transaction, amount } of orders) {
      facts.push([t('amount'), formatMoney(amount)]);
      facts.push([t('order'), h('span', { class: 'number' }, number)]);
      facts.push([t('transaction'), h('span', { class: 'number' }, transaction)]);
    }
    const names = tags.map((tag) => t(`tag.${tag}`) || tag);
    if (names.length > 0) facts.push([t('tags'), names.join(' · ')]);
    const rows = facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
    const phone = this.#phone.parentElement ?? h('div', {}, h('dt', {}, t('phone')), this.#phone);
    phone.hidden = !hasPhone;
    // The phone stays in its place: it may be shown, and its button focused.
    for (const row of [...this.#facts.children]) if (row !== phone) row.remove();
    this.#facts.prepend(...rows.slice(0, 2));
    if (phone.parentElement !== this.#facts) this.#facts.append(phone);
    this.#facts.append(...rows.slice(2));
  }

  #maskPhone() {
    this.#phone.replaceChildren(
      h('span', { class: 'number', 'aria-hidden': 'true' }, '*** **** ****'),
      h('span', { class: 'unseen' }, t('phoneHidden')),
      h(
        'button',
        { type: 'button', class: 'link', click: () => void this.#showPhone() },
        t('phoneShow'),
      ),
    );
  }

  async #showPhone() {
    try {
      const { phone } = await post(`/api/complaints/${encodeURIComponent(this.id)}/phone`);
      const shown = h('a', { class: 'number', href: `tel:${phone}` }, phone);
      this.#phone.replaceChildren(shown);
      shown.focus();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {readonly EntryView[]} history oldest first */
  #append(history) {
    const { scrollHeight, scrollTop, clientHeight } = this.#talk;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < 80;
    const isFirst = this.#shown.size === 0;
    const entries = history.filter(({ id }) => !this.#shown.has(id));
    for (const entry of entries) {
      this.#shown.add(entry.id);
      this.#history.append(entryOf(entry, !isFirst));
    }
    if (entries.length > 0 && wasAtEnd) this.#talk.scrollTop = this.#talk.scrollHeight;
  }

  /**
   * @param {string} step
   * @param {object} body
   * @param {string} done
   */
  async #act(step, body, done) {
    await post(`/api/complaints/${encodeURIComponent(this.id)}/${step}`, body);
    announce(done);
    await this.refresh();
  }

  #askToComplete() {
    ask({
      ...this.#asking,
      title: t('complete'),
      text: t('completeConfirm'),
      confirm: t('complete'),
      run: () => this.#act('complete', {}, t('completed')),
    });
  }

  #askToApprove() {
    ask({
      ...this.#asking,
      title: t('approve'),
      text: t('approveConfirm', { amount: this.#amount() }),
      confirm: t('approve'),
      run: () => this.#act('refund', { decision: 'approve' }, t('approved')),
    });
  }

  #askToReject() {
    ask({
      ...this.#asking,
      title: t('rejectTitle'),
      reason: t('rejectReason'),
      confirm: t('reject'),
      isDangerous: true,
      run: (reason) =>
        this.#act(
          'refund',
          { decision: 'reject', ...(reason !== '' && { reason }) },
          t('rejected'),
        ),
    });
  }
}

/**
 * @param {EntryView} entry
 * @param {boolean} isNew
 */
function entryOf({ time, type, by, text, pictures }, isNew) {
  const who = t(by === 'platform' ? 'platformName' : by);
  return h(
    'li',
    { class: `entry by-${by}${isNew ? ' is-new' : ''}` },
    h(
      'p',
      { class: 'entry-head' },
      h('strong', {}, who),
      ' ',
      h('span', {}, t(`entry.${type}`) || type),
      ' ',
      h('time', { datetime: time }, formatTime(time)),
    ),
    text !== '' && h('p', { class: 'entry-text', lang: THEIR_LANGUAGE }, text),
    pictures.length > 0 &&
      h(
        'ul',
        { class: 'pictures' },
        ...pictures.map((path, index) => {
          const values = { index: index + 1, who };
          return h(
            'li',
            {},
            h(
              'button',
              {
                type: 'button',
                class: 'thumb',
                click: () => showPicture(path, t('pictureOpen', values)),
              },
              h('img', { src: path, alt: t('picture', values), width: 132, height: 99 }),
            ),
          );
        }),
      ),
  );
}
