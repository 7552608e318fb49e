import { CallError, describe, get, post } from '/api.js';
import { announce, find, h } from '/dom.js';
import { formatMoney, formatTime, lang, THEIR_LANGUAGE, translatePage, translator } from '/i18n.js';
import { STRINGS } from './strings.js';

/** @typedef {import('../../complaint.view.js').ComplaintDetailsView} Details */

const PICTURES = ['none', 'mug', 'parcel', 'shirt'];
const API = '/simulation/api/complaints';

const t = translator(STRINGS);
translatePage(t);
document.title = t('title');
find('#desk', HTMLAnchorElement).href = `/?lang=${lang}`;

const which = find('#which', HTMLSelectElement);
/** @type {readonly Details[]} */
let complaints = [];

for (const choices of document.querySelectorAll('.choices')) {
  const name = choices.getAttribute('data-name') ?? '';
  choices.append(
    h('legend', { class: 'label' }, t('picture')),
    h(
      'div',
      { class: 'choice-row' },
      ...PICTURES.map((picture) =>
        h(
          'label',
          { class: 'choice' },
          h('input', {
            type: 'radio',
            class: 'unseen',
            name,
            value: picture,
            checked: picture === 'none',
          }),
          picture === 'none'
            ? h('span', { class: 'choice-none' }, t('picture.none'))
            : h('img', {
                src: `/simulation/pictures/${picture}.png`,
                alt: t(`picture.${picture}`),
                width: 72,
                height: 54,
              }),
        ),
      ),
    ),
  );
}

/** @param {string} name */
function chosenPicture(name) {
  const { value } = find(`input[name="${name}"]:checked`, HTMLInputElement);
  return value === 'none' ? undefined : value;
}

async function load() {
  complaints = await get(API);
  const chosen = which.value;
  which.replaceChildren(
    ...complaints.map(({ complaint: { id, state, problem, orders } }) =>
      h(
        'option',
        { value: id },
        `${problem} · ${formatMoney(orders[0]?.amount ?? 0)} · ${t(`state.${state}`) || state}`,
      ),
    ),
  );
  if (complaints.some(({ complaint }) => complaint.id === chosen)) which.value = chosen;
  show();
}

function show() {
  const details = complaints.find(({ complaint }) => complaint.id === which.value);
  find('#mine', HTMLElement).hidden = details === undefined;
  find('#mine-none', HTMLElement).hidden = details !== undefined;
  if (!details) return;
  const talk = find('#talk', HTMLElement);
  talk.replaceChildren(
    ...details.history.map(({ by, text, type, time, pictures }) =>
      h(
        'li',
        { class: `bubble by-${by}` },
        h('p', { class: 'muted' }, `${t(by)} · `, h('time', { datetime: time }, formatTime(time))),
        h('p', { class: 'bubble-text', lang: THEIR_LANGUAGE }, text || type),
        ...pictures.map((path, index) =>
          h('img', {
            src: path,
            alt: t('pictureBy', { index: index + 1, who: t(by) }),
            width: 160,
            height: 120,
          }),
        ),
      ),
    ),
  );
  showSteps(details);
}

/** @param {Details} details */
function showSteps({ complaint, refund }) {
  const isPossible = {
    continue: complaint.state === 'PROCESSED',
    'apply-platform': !complaint.isWithPlatform,
    'cancel-platform': complaint.isWithPlatform,
    'finish-platform': complaint.isWithPlatform,
    'settle-refund': refund === 'approved',
  };
  const steps = find('#steps', HTMLElement);
  steps.replaceChildren(
    ...Object.entries(isPossible)
      .filter(([, possible]) => possible)
      .map(([step]) =>
        h(
          'button',
          {
            type: 'button',
            class: 'button',
            click: () =>
              attempt('#reply-error', async () => {
                await post(`${API}/${encodeURIComponent(complaint.id)}/steps`, { step });
                announce(t(`step.${step}`));
                which.focus();
              }),
          },
          t(`step.${step}`),
        ),
      ),
  );
}

/**
 * Runs, shows what has become of things, and says below the form what went wrong.
 *
 * @param {string} selector
 * @param {() => Promise<void>} run
 */
async function attempt(selector, run) {
  const error = find(selector, HTMLElement);
  try {
    await run();
    error.hidden = true;
    await load();
  } catch (failure) {
    error.textContent = describe(failure, t);
    error.hidden = false;
  }
}

/** @param {HTMLTextAreaElement} field */
function read(field) {
  const text = field.value.trim();
  field.setAttribute('aria-invalid', String(text === ''));
  if (text !== '') return text;
  field.focus();
  throw new CallError('EMPTY');
}

find('#new', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt('#new-error', async () => {
    const detail = find('#detail', HTMLTextAreaElement);
    const { id } = await post(API, {
      detail: read(detail),
      problem: find('#problem', HTMLSelectElement).value,
      amount: Math.round(find('#amount', HTMLInputElement).valueAsNumber * 100),
      picture: chosenPicture('new-picture'),
    });
    detail.value = '';
    announce(t('complained'));
    await load();
    which.value = id;
  });
});

find('#reply', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt('#reply-error', async () => {
    const text = find('#text', HTMLTextAreaElement);
    await post(`${API}/${encodeURIComponent(which.value)}/messages`, {
      text: read(text),
      picture: chosenPicture('reply-picture'),
    });
    text.value = '';
    announce(t('sent'));
  });
});

find('#detail', HTMLTextAreaElement).value = t('example');
which.addEventListener('change', show);
// The real WeChat would push; here the stream of the desk tells when to look.
const source = new EventSource('/api/events');
for (const type of ['open', 'change']) source.addEventListener(type, () => void load());
