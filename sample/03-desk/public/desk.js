import { describe, get } from './api.js';
import { Case } from './case.js';
import { announce, find, h } from './dom.js';
import { translatePage } from './i18n.js';
import { Queue } from './queue.js';
import { t } from './words.js';

/**
 * @typedef {import('../complaint-feed.js').ComplaintChange} ComplaintChange
 * @typedef {import('../complaint.view.js').ComplaintView} ComplaintView
 */

const AGES_GROW = 30_000;

translatePage(t);
document.title = t('title');
const queue = new Queue();
const section = find('#case', HTMLElement);
const none = find('#case-none', HTMLElement);
/** @type {Case | undefined} */
let opened;

async function loadQueue() {
  const error = find('#queue-error', HTMLElement);
  try {
    queue.replace(await get('/api/complaints'));
    error.hidden = true;
  } catch (failure) {
    error.replaceChildren(
      h('span', {}, describe(failure, t)),
      h('button', { type: 'button', class: 'button', click: () => void loadQueue() }, t('retry')),
    );
    error.hidden = false;
  }
}

/** Of the address, which may be anything. */
function wantedId() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
}

/** The address says which complaint is open, so that links and the back button work. */
async function openFromAddress() {
  const id = wantedId();
  if (opened?.id === id) return;
  opened?.close();
  if (id === '') {
    opened = undefined;
    section.replaceChildren(none);
    delete document.body.dataset.open;
    document.title = t('title');
    queue.focus();
    queue.open(undefined);
    return;
  }
  const shown = new Case(id, (complaint) => {
    queue.put(complaint, false);
    document.title = `${complaint.problem} · ${t('title')}`;
  });
  opened = shown;
  section.replaceChildren(shown.element);
  document.body.dataset.open = '';
  queue.open(id);
  shown.focus();
  await shown.refresh();
}

/** @param {ComplaintChange} change */
async function follow({ complaintId, action }) {
  /** @type {ComplaintView | undefined} */
  let complaint;
  if (opened?.id === complaintId) complaint = await opened.refresh();
  else {
    ({ complaint } = await get(`/api/complaints/${encodeURIComponent(complaintId)}`));
    // What the merchant has done is no news.
    if (complaint) queue.put(complaint, !action.startsWith('MERCHANT_'));
  }
  if (complaint) announce(`${t(`action.${action}`) || action}: ${complaint.problem}`);
}

function listen() {
  const connection = find('#connection', HTMLElement);
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => {
    connection.textContent = t('live');
    connection.dataset.live = '';
    // What happened in between came to nobody.
    void loadQueue();
    void opened?.refresh();
  });
  source.addEventListener('error', () => {
    connection.textContent = t('reconnecting');
    delete connection.dataset.live;
  });
  source.addEventListener('change', (event) => {
    follow(JSON.parse(event.data)).catch(() => loadQueue());
  });
}

// The language is a matter of the address; the open complaint goes along.
for (const link of document.querySelectorAll('a[hreflang]')) {
  link.addEventListener('click', () => {
    link.setAttribute('href', `?lang=${link.getAttribute('hreflang')}${location.hash}`);
  });
}
// Not by its address: that one names the open complaint.
find('.skip', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  // A narrow window shows one of them.
  if (find('#queue-title', HTMLElement).checkVisibility()) queue.focus();
  else opened?.focus();
});
addEventListener('hashchange', () => void openFromAddress());
setInterval(() => queue.refresh(), AGES_GROW);
listen();
if (wantedId() !== '') void openFromAddress();
