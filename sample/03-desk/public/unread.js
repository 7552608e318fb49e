import { recall, remember } from './storage.js';

/** @typedef {import('../complaint.view.js').ComplaintView} ComplaintView */

/** Which complaints have news that nobody has opened in this browser. Survives a reload. */
export class Unread {
  /** @type {Set<string>} */
  #ids = new Set();

  constructor() {
    this.#read();
    // Another tab has opened a complaint.
    addEventListener('storage', () => this.#read());
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {string} id */
  add(id) {
    this.#ids.add(id);
    remember('unread', [...this.#ids]);
  }

  /** @param {string} id */
  delete(id) {
    if (this.#ids.delete(id)) remember('unread', [...this.#ids]);
  }

  /**
   * Marks the complaints that were filed while this browser was away. On the first visit there are
   * none.
   *
   * @param {readonly ComplaintView[]} complaints
   */
  notice(complaints) {
    const seenUntil = recall('seen-until');
    const times = complaints.map(({ time }) => Date.parse(time)).filter(Number.isFinite);
    for (const { id, time } of complaints) if (Date.parse(time) > seenUntil) this.add(id);
    remember('seen-until', Math.max(seenUntil ?? 0, ...times));
  }

  #read() {
    const ids = recall('unread');
    this.#ids = new Set(Array.isArray(ids) ? ids : []);
  }
}
