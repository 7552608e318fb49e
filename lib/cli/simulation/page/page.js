/** @import { PageState } from '../page-state.interface.js' */

/** @type {PageState | undefined} */
let state;
/** The complaint that is shown. */
let shown = '';

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [root]
 * @returns {T}
 */
function find(selector, kind, root = document) {
  const element = root.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${selector}.`);
}

/**
 * @param {string} tag
 * @param {string} [text]
 * @param {string} [className]
 */
function create(tag, text = '', className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

const which = find('#which', HTMLSelectElement);
const announcer = find('#announcer', HTMLElement);

/** @param {PageState} next */
function show(next) {
  const newest = next.complaints[0]?.id;
  // A complaint that was just filed comes to the front.
  if (newest && newest !== state?.complaints[0]?.id) shown = newest;
  const registered = find('input[name=url]', HTMLInputElement);
  if (!state || state.registeredUrl !== next.registeredUrl) {
    registered.value = next.registeredUrl ?? '';
  }
  state = next;
  find('#merchant', HTMLElement).textContent = `Merchant ${next.mchid}, ${next.mode} mode`;
  showComplaint();
  showDeliveries();
  showCalls();
}

function showComplaint() {
  const complaints = state?.complaints ?? [];
  const complaint = complaints.find(({ id }) => id === shown);
  find('#no-complaints', HTMLElement).hidden = complaints.length > 0;
  find('#complaint', HTMLElement).hidden = !complaint;
  if (!complaint) return;
  which.replaceChildren(
    ...complaints.map(({ id, detail, state }) => {
      const option = document.createElement('option');
      option.value = id;
      option.textContent = `${state} · ${detail.slice(0, 30)} · ${id}`;
      option.selected = id === shown;
      return option;
    }),
  );
  find('#facts', HTMLElement).textContent = [
    complaint.state,
    `¥${(complaint.amount / 100).toFixed(2)}`,
    complaint.isRefunded ? 'refunded' : '',
    complaint.isWithPlatform ? 'the platform is mediating' : '',
    `filed ${clock(complaint.time)}`,
  ]
    .filter(Boolean)
    .join(' · ');
  find('#history', HTMLElement).replaceChildren(
    ...complaint.history.map((entry) => {
      const item = create('li', '', entry.by === '商家' ? 'merchant' : '');
      item.lang = 'zh-CN';
      item.append(create('small', `${clock(entry.time)} ${entry.by} ${entry.type}`), entry.text);
      if (entry.pictures > 0) item.append(pictures(entry));
      return item;
    }),
  );
}

/** @param {{ images: readonly string[], pictures: number, by: string }} entry */
function pictures({ images, pictures, by }) {
  const holder = create('div');
  if (images.length === 0) holder.textContent = `[${pictures} of the consumer's pictures]`;
  for (const [index, url] of images.entries()) {
    const image = document.createElement('img');
    image.src = url;
    image.alt = `Picture ${index + 1} of ${by}`;
    holder.append(image);
  }
  return holder;
}

function showDeliveries() {
  const deliveries = state?.deliveries ?? [];
  find('#no-deliveries', HTMLElement).hidden = deliveries.length > 0;
  replaceItems(
    find('#deliveries', HTMLElement),
    deliveries.map((delivery) => {
      const { time, action_type, kind, id, complaint_id, responses } = delivery;
      const item = create('li');
      const what = kind === 'genuine' ? action_type : `${action_type} (${kind})`;
      item.append(create('strong', what), create('small', `${clock(time)} ${id}`));
      for (const { status, body, isRight, explanation } of responses) {
        const line = create('div', '', isRight ? 'right' : 'wrong');
        line.append(create('code', `${status ?? 'no response'} ${body.slice(0, 300)}`));
        line.append(create('div', explanation));
        item.append(line);
      }
      const again = document.createElement('button');
      again.textContent = 'Send again';
      again.dataset.key = `${id}-${time}`;
      again.setAttribute('aria-label', `Send again: ${what} ${id}`);
      again.addEventListener('click', () => {
        send({ action: 'notify', id, kind, action_type, complaint_id, copies: 1 }).then(
          () => say('The notification was sent again.'),
          (error) => say(error.message),
        );
      });
      item.append(again);
      return item;
    }),
  );
}

function showCalls() {
  const calls = state?.calls ?? [];
  find('#no-calls', HTMLElement).hidden = calls.length > 0;
  replaceItems(
    find('#calls', HTMLElement),
    calls.map(({ time, method, target, status }) => {
      const item = create('li');
      item.append(
        create('code', `${method} ${target}`),
        create('small', `${clock(time)} ${status}`, status < 400 ? 'right' : 'wrong'),
      );
      return item;
    }),
  );
}

/**
 * Keeps the focus on the button that had it.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} items
 */
function replaceItems(list, items) {
  const focused = document.activeElement;
  const key =
    focused instanceof HTMLElement && list.contains(focused) ? focused.dataset.key : undefined;
  list.replaceChildren(...items);
  if (key === undefined) return;
  for (const button of list.querySelectorAll('button')) {
    if (button.dataset.key === key) button.focus();
  }
}

/** @param {string | number} time */
function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}

/** @param {string} text */
function say(text) {
  announcer.textContent = text;
}

/** @param {object} action */
async function send(action) {
  const response = await fetch('/actions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(action),
  });
  const result = await response.json();
  if (!response.ok) throw new Error(result.error);
  show(result);
}

async function refresh() {
  const response = await fetch('/state');
  show(await response.json());
}

/** @param {File} file */
function toBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result).replace(/^[^,]*,/, '')));
    reader.addEventListener('error', () => reject(new Error(`${file.name} cannot be read.`)));
    reader.readAsDataURL(file);
  });
}

/**
 * @param {FormData} data
 * @param {string} name
 */
function text(data, name) {
  return String(data.get(name) ?? '');
}

/** @type {Record<string, (data: FormData, button: string) => Promise<object>>} */
const ACTIONS = {
  complain: async (data) => ({
    action: 'complain',
    text: text(data, 'text'),
    problem_type: text(data, 'problem_type'),
    amount: Math.round(Number(data.get('yuan')) * 100),
    images: await images(data),
  }),
  register: async (data) => ({ action: 'register', url: text(data, 'url') }),
  step: async (data, button) => ({
    action: button,
    complaint_id: shown,
    text: text(data, 'text'),
    images: await images(data),
  }),
  notify: async (data) => ({
    action: 'notify',
    complaint_id: shown,
    action_type: 'USER_RESPONSE',
    kind: text(data, 'kind'),
    copies: Number(data.get('copies')),
  }),
};

/** @param {FormData} data */
async function images(data) {
  const files = data.getAll('images').filter((file) => file instanceof File && file.size > 0);
  return Promise.all(files.map((file) => toBase64(/** @type {File} */ (file))));
}

for (const form of document.forms) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const error = find('.error', HTMLElement, form);
    error.hidden = true;
    const buttons = form.querySelectorAll('button');
    const submitter = event.submitter instanceof HTMLButtonElement ? event.submitter : buttons[0];
    for (const button of buttons) button.disabled = true;
    try {
      const action = ACTIONS[form.dataset.action ?? ''];
      if (!action) throw new Error('The form has no action.');
      await send(await action(new FormData(form), submitter?.value ?? ''));
      const isWritten = form.dataset.action === 'step' || form.dataset.action === 'complain';
      if (isWritten) form.reset();
      say('Done.');
    } catch (cause) {
      error.textContent = cause instanceof Error ? cause.message : String(cause);
      error.hidden = false;
    } finally {
      for (const button of buttons) button.disabled = false;
      submitter?.focus();
    }
  });
}

which.addEventListener('change', () => {
  shown = which.value;
  showComplaint();
});

const connection = find('#connection', HTMLElement);
const events = new EventSource('/events');
events.addEventListener('open', () => {
  connection.textContent = '';
  void refresh();
});
events.addEventListener('message', () => void refresh());
events.addEventListener('error', () => {
  connection.textContent = 'The simulator does not respond. Is it still running?';
});
