import { ask } from './dialogs.js';
import { h } from './dom.js';
import { formatMoney } from './format.js';
import { assertText } from './text-checks.js';
import { t } from './words.js';

/** @typedef {import('../history.view.js').ComplaintDetailsView} Details */

const MAX_REASON = 200;
/** Working days to choose from. 0 is today. */
const DAYS = [0, 1, 2, 3, 5, 7, 10, 15];

/** The refund that the consumer asks for, and what the merchant decides. */
export class RefundPanel {
  #text = h('p', {});
  #buttons = h(
    'div',
    { class: 'buttons' },
    h(
      'button',
      { type: 'button', class: 'button primary', click: () => this.#approve() },
      t('approve'),
    ),
    h('button', { type: 'button', class: 'button', click: () => this.#reject() }, t('reject')),
  );
  element = h(
    'section',
    { class: 'panel refund', 'aria-labelledby': 'refund-title', hidden: true },
    h('h3', { id: 'refund-title' }, t('refund')),
    this.#text,
    this.#buttons,
  );
  /** In fen. */
  #amount = 0;
  /** Survives a closed dialog. */
  #reason = '';

  /**
   * @param {(decision: object, done: string) => Promise<void>} decide
   * @param {() => void} onDone
   */
  constructor(decide, onDone) {
    this.decide = decide;
    this.onDone = onDone;
  }

  /** @param {Details} details */
  show({ complaint: { refundAmount, orders }, refund }) {
    this.#amount = refundAmount ?? orders.reduce((sum, { amount }) => sum + amount, 0);
    this.element.hidden = refund === 'none';
    this.element.dataset.refund = refund;
    this.#buttons.hidden = refund !== 'requested';
    this.#text.replaceChildren(
      refund === 'requested' ? h('strong', {}, formatMoney(this.#amount)) : '',
      t(`refund.${refund}`),
    );
  }

  #approve() {
    const day = h(
      'select',
      { id: 'refund-day' },
      ...DAYS.map((days) =>
        h(
          'option',
          { value: days },
          t(days === 0 ? 'refundToday' : days === 1 ? 'refundNextDay' : 'refundInDays', { days }),
        ),
      ),
    );
    ask({
      title: t('approve'),
      content: [
        h('p', {}, t('approveConfirm', { amount: formatMoney(this.#amount) })),
        h('label', { class: 'label', for: 'refund-day' }, t('refundDay')),
        day,
        h('p', { class: 'muted note' }, t('approveNote')),
      ],
      confirm: t('approve'),
      run: () => this.decide({ decision: 'approve', day: Number(day.value) }, t('approved')),
      onDone: this.onDone,
    });
  }

  #reject() {
    const reason = h('textarea', {
      id: 'reject-reason',
      rows: 3,
      input: () => (this.#reason = reason.value),
    });
    reason.value = this.#reason;
    ask({
      title: t('rejectTitle'),
      content: [h('label', { class: 'label', for: 'reject-reason' }, t('rejectReason')), reason],
      confirm: t('reject'),
      isDangerous: true,
      run: async () => {
        const text = reason.value.trim();
        assertText(text, MAX_REASON);
        await this.decide(
          { decision: 'reject', ...(text !== '' && { reason: text }) },
          t('rejected'),
        );
        this.#reason = '';
      },
      onDone: this.onDone,
    });
  }
}
