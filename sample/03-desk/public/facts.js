import { post } from './api.js';
import { h } from './dom.js';
import { formatMoney, formatTime } from './format.js';
import { t } from './words.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

/** The numbers and names of a complaint. The phone number is read when somebody asks for it. */
export class Facts {
  #list = h('dl', { class: 'facts' });
  #phone = h('dd', {});
  #phoneRow = h('div', { hidden: true }, h('dt', {}, t('phone')), this.#phone);
  element = h(
    'section',
    { class: 'panel', 'aria-labelledby': 'facts-title' },
    h('h3', { id: 'facts-title' }, t('facts')),
    this.#list,
  );

  /**
   * @param {string} id
   * @param {(error: unknown) => void} onFailure
   */
  constructor(id, onFailure) {
    this.id = id;
    this.onFailure = onFailure;
    this.#list.append(this.#phoneRow);
    this.#maskPhone();
  }

  /** @param {ComplaintView} complaint */
  show({ id, time, merchant, orders, tags, hasPhone }) {
    const rows = [
      row('number', id, 'number'),
      row('time', h('time', { datetime: time }, formatTime(time))),
    ];
    if (merchant !== undefined) rows.push(row('merchant', merchant, 'number'));
    const more = orders.flatMap(({ number, transaction, amount }) => [
      row('amount', formatMoney(amount)),
      row('order', number, 'number'),
      row('transaction', transaction, 'number'),
    ]);
    if (tags.length > 0) {
      more.push(row('tags', tags.map((tag) => t(`tag.${tag}`) || tag).join(' · ')));
    }
    this.#phoneRow.hidden = !hasPhone;
    // The row of the phone stays in the page: its number may be shown, or its button focused.
    for (const element of [...this.#list.children]) {
      if (element !== this.#phoneRow) element.remove();
    }
    this.#phoneRow.before(...rows);
    this.#phoneRow.after(...more);
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
      const link = h('a', { class: 'number', href: `tel:${phone}` }, phone);
      this.#phone.replaceChildren(link);
      link.focus();
    } catch (error) {
      this.onFailure(error);
    }
  }
}

/**
 * @param {string} name
 * @param {Node | string} value
 * @param {string} [style]
 */
function row(name, value, style) {
  return h(
    'div',
    {},
    h('dt', {}, t(name)),
    h('dd', {}, style === undefined ? value : h('span', { class: style }, value)),
  );
}
