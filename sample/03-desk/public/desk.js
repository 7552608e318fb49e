import { get } from './api.js';
import { announce, find } from './dom.js';
import { translatePage } from './i18n.js';
import { ComplaintList } from './list.js';
import { ListLoader } from './list-loader.js';
import { OpenComplaint } from './open-complaint.js';
import { listenForShortcuts } from './shortcuts.js';
import { t } from './words.js';

/**
 * @typedef {import('../complaint-feed.js').ComplaintChange} ComplaintChange
 * @typedef {import('../complaint.view.js').ComplaintView} ComplaintView
 */

/** Milliseconds between two looks at the clock, for ages and deadlines. */
const TICK = 30_000;

translatePage(t);
const list = new ComplaintList();
const section = find('#complaint', HTMLElement);
const none = find('#complaint-none', HTMLElement);
const loader = new ListLoader(list, () => {
  showConnection();
  showTitle();
});
/** @type {OpenComplaint | undefined} */
let opened;
let isConnected = false;

function showTitle() {
  const count = list.dueCount > 0 ? `(${list.dueCount}) ` : '';
  const name = opened?.name ? `${opened.name} · ` : '';
  document.title = `${count}${name}${t('title')}`;
}

/** "Live" is said only when the list is what WeChat Pay has now. */
function showConnection() {
  const connection = find('#connection', HTMLElement);
  const isLive = isConnected && loader.isUpToDate;
  const text = t(isLive ? 'live' : isConnected ? 'outdated' : 'reconnecting');
  if (connection.textContent !== text) connection.textContent = text;
  connection.toggleAttribute('data-live', isLive);
}

/** The id in the address, which can be anything. */
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
  opened = undefined;
  if (id === '') {
    section.replaceChildren(none);
    delete document.body.dataset.open;
    list.focus();
    list.open(undefined);
    showTitle();
    return;
  }
  const complaint = new OpenComplaint(id, {
    onShow: (view) => {
      list.put(view, false);
      showTitle();
    },
    onDraft: () => list.render(),
  });
  opened = complaint;
  section.replaceChildren(complaint.element);
  document.body.dataset.open = '';
  list.open(id);
  complaint.focus();
  await complaint.refresh();
}

/** @param {ComplaintChange} change */
async function follow({ complaintId, action }) {
  // What the merchant did is no news to its own people.
  const isNews = !action.startsWith('MERCHANT_');
  /** @type {ComplaintView | undefined} */
  let complaint;
  if (opened?.id === complaintId) complaint = await opened.refresh();
  else {
    ({ complaint } = await get(`/api/complaints/${encodeURIComponent(complaintId)}`));
    if (complaint) list.put(complaint, isNews);
  }
  if (complaint && isNews) {
    announce(`${t(`action.${action}`) || t('action.other')}: ${complaint.problem}`);
  }
  showTitle();
}

function listen() {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => {
    isConnected = true;
    // Changes that happened in between reached nobody.
    void loader.load();
    void opened?.refresh();
  });
  source.addEventListener('error', () => {
    isConnected = false;
    showConnection();
  });
  source.addEventListener('change', (event) => {
    follow(JSON.parse(event.data)).catch(() => loader.load());
  });
}

// The language is part of the address. The open complaint goes along.
for (const link of document.querySelectorAll('a[hreflang]')) {
  link.addEventListener('click', () => {
    link.setAttribute('href', `?lang=${link.getAttribute('hreflang')}${location.hash}`);
  });
}
// The address names the open complaint, so this link must not change it.
find('.skip', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  // A narrow window shows one of the two.
  if (find('#list-title', HTMLElement).checkVisibility()) list.focus();
  else opened?.focus();
});
addEventListener('hashchange', () => void openFromAddress());
listenForShortcuts({
  next: () => list.move(1),
  previous: () => list.move(-1),
  search: () => list.focusSearch(),
  leave: () => {
    if (find('#list-title', HTMLElement).checkVisibility()) list.focus();
    else location.hash = '';
  },
});
setInterval(() => {
  list.render();
  showTitle();
  if (isConnected && !loader.isUpToDate) void loader.load();
}, TICK);
showTitle();
listen();
if (wantedId() !== '') void openFromAddress();
