import { describe } from './api.js';
import { find, h, icon } from './dom.js';
import { t } from './words.js';

/**
 * Shows a picture as large as the window allows. Closing it brings focus back.
 *
 * @param {string} path
 * @param {string} name
 */
export function showPicture(path, name) {
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
    h('img', { src: path, alt: name }),
  );
  dialog.showModal();
}

/**
 * Asks before something is done that cannot be taken back. It stays open when that fails, and says
 * why.
 *
 * @param {{
 *   title: string,
 *   text?: string,
 *   reason?: string,
 *   confirm: string,
 *   isDangerous?: boolean,
 *   run: (reason: string) => Promise<void>,
 *   onDone: () => void,
 * }} question `reason`: the label of a text to ask for
 */
export function ask({ title, text, reason, confirm, isDangerous = false, run, onDone }) {
  const dialog = find('#question', HTMLDialogElement);
  const field = h('textarea', { id: 'question-reason', rows: 3, maxlength: 200 });
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  let isRunning = false;
  const submit = async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await run(field.value.trim());
      dialog.close();
      onDone();
    } catch (failure) {
      error.textContent = describe(failure, t);
      error.hidden = false;
    } finally {
      isRunning = false;
    }
  };
  dialog.replaceChildren(
    h(
      'form',
      {
        submit: (event) => {
          event.preventDefault();
          void submit();
        },
      },
      h('h2', { id: 'question-title' }, title),
      text !== undefined && h('p', {}, text),
      reason !== undefined && h('label', { class: 'label', for: 'question-reason' }, reason),
      reason !== undefined && field,
      error,
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', class: 'button', click: () => dialog.close() }, t('cancel')),
        h(
          'button',
          { type: 'submit', class: `button ${isDangerous ? 'danger' : 'primary'}` },
          confirm,
        ),
      ),
    ),
  );
  dialog.showModal();
}
