import { find, h, icon } from './dom.js';
import { showFailure } from './failure.js';
import { t } from './words.js';

/**
 * Shows a picture as large as the window allows. Closing brings focus back.
 *
 * @param {string} src
 * @param {string} name
 */
export function showPicture(src, name) {
  const dialog = find('#viewer', HTMLDialogElement);
  dialog.replaceChildren(
    h(
      'div',
      { class: 'viewer-head' },
      h('h2', { id: 'viewer-title' }, name),
      h(
        'button',
        { type: 'button', class: 'button quiet', click: () => dialog.close() },
        icon('close'),
        t('close'),
      ),
    ),
    h('img', { src, alt: name, referrerpolicy: 'no-referrer' }),
  );
  dialog.showModal();
}

/**
 * Asks before something is done. The dialog stays open when that fails, and says why.
 *
 * @param {{
 *   title: string,
 *   content: readonly (Node | string | false)[],
 *   confirm: string,
 *   isDangerous?: boolean,
 *   run: () => Promise<unknown>,
 *   onDone?: () => void,
 * }} question `onDone` is called when the dialog is closed after a success, to place the focus
 */
export function ask({ title, content, confirm, isDangerous = false, run, onDone }) {
  const dialog = find('#question', HTMLDialogElement);
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const button = h(
    'button',
    { type: 'submit', class: `button ${isDangerous ? 'danger' : 'primary'}` },
    confirm,
  );
  let isRunning = false;
  const submit = async () => {
    if (isRunning) return;
    isRunning = true;
    button.ariaDisabled = 'true';
    error.hidden = true;
    try {
      await run();
      dialog.close();
      onDone?.();
    } catch (failure) {
      showFailure(error, failure, t);
    } finally {
      isRunning = false;
      button.ariaDisabled = null;
    }
  };
  // Whoever leaves while it runs would not learn how it ends.
  dialog.oncancel = (event) => {
    if (isRunning) event.preventDefault();
  };
  const cancel = () => {
    if (!isRunning) dialog.close();
  };
  dialog.replaceChildren(
    h(
      'form',
      {
        novalidate: true,
        submit: (event) => {
          event.preventDefault();
          void submit();
        },
      },
      h('h2', { id: 'question-title' }, title),
      ...content,
      error,
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', class: 'button', click: cancel }, t('cancel')),
        button,
      ),
    ),
  );
  dialog.showModal();
}

/**
 * Lets people choose one of several texts.
 *
 * @param {string} title
 * @param {readonly { readonly name: string, readonly text: string }[]} choices
 * @param {string} language of the texts
 * @param {(text: string) => void} onChoice called when the dialog is closed
 */
export function choose(title, choices, language, onChoice) {
  const dialog = find('#question', HTMLDialogElement);
  dialog.oncancel = null;
  dialog.replaceChildren(
    h(
      'div',
      { class: 'choose' },
      h('h2', { id: 'question-title' }, title),
      h(
        'ul',
        { class: 'choices' },
        ...choices.map(({ name, text }) => {
          const pick = () => {
            dialog.close();
            onChoice(text);
          };
          return h(
            'li',
            {},
            h(
              'button',
              { type: 'button', class: 'choice', click: pick },
              h('strong', {}, name),
              h('span', { lang: language }, text),
            ),
          );
        }),
      ),
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', class: 'button', click: () => dialog.close() }, t('cancel')),
      ),
    ),
  );
  dialog.showModal();
}
