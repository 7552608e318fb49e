import { act, CallError, get } from '/api.js';
import { announce, find, h } from '/dom.js';
import { showFailure } from '/failure.js';
import { formatMoney, formatTime } from '/format.js';
import { CONSUMER_LANGUAGE, lang, translatePage, translator } from '/i18n.js';
import { STRINGS } from './strings.js';

/** @typedef {import('../../history.view.js').ComplaintDetailsView} Details */

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
  find('#talk', HTMLElement).replaceChildren(
    ...details.history.map(({ by, text, time, pictures }) =>
      h(
        'li',
        { class: `bubble by-${by}` },
        h('p', { class: 'muted' }, `${t(by)} · `, h('time', { datetime: time }, formatTime(time))),
        text !== '' && h('p', { class: 'bubble-text', lang: CONSUMER_LANGUAGE }, text),
        ...pictures.map((picture, index) =>
          picture.kind === 'unavailable'
            ? h('p', { class: 'bubble-text' }, t('pictureSent'))
            : h('img', {
                src: picture.src,
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
  find('#steps', HTMLElement).replaceChildren(
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
                await act(`${API}/${encodeURIComponent(complaint.id)}/steps`, { step });
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
 * Runs a step and loads its result. A failure is shown below the form.
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
    showFailure(error, failure, t);
  }
}

/** @param {HTMLTextAreaElement} field */
function read(field) {
  const text = field.value.trim();
  field.setAttribute('aria-invalid', String(text === ''));
  if (text !== '') return text;
  field.focus();
  throw new CallError('empty');
}

find('#new', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt('#new-error', async () => {
    const detail = find('#detail', HTMLTextAreaElement);
    const { id } = await act(API, {
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
    await act(`${API}/${encodeURIComponent(which.value)}/messages`, {
      text: read(text),
      picture: chosenPicture('reply-picture'),
    });
    text.value = '';
    announce(t('sent'));
  });
});

find('#detail', HTMLTextAreaElement).value = t('example');
which.addEventListener('change', show);
// WeChat notifies a phone by its own means. Here the event stream of the desk tells when to look.
const source = new EventSource('/api/events');
for (const type of ['open', 'change']) source.addEventListener(type, () => void load());
