import { ask } from './dialogs.js';
import { find, h, icon } from './dom.js';
import { recall, remember } from './storage.js';
import { t } from './words.js';

/** Whether a Mac's command key takes the place of the control key. */
export const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/**
 * Single keys work outside of text fields only. Speech input can trigger them by accident, so they
 * can be switched off (WCAG 2.1.4).
 *
 * @param {Readonly<Record<'next' | 'previous' | 'search' | 'leave', () => void>>} actions
 */
export function listenForShortcuts({ next, previous, search, leave }) {
  /** @type {Readonly<Record<string, () => void>>} */
  const singleKeys = { j: next, k: previous, '/': search, '?': explain };
  const button = find('#shortcuts', HTMLButtonElement);
  button.append(icon('keyboard'));
  button.addEventListener('click', explain);
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    const isTyping = target instanceof Element && target.matches('input, textarea, select');
    if (isTyping) return;
    const action = key === 'Escape' ? leave : recall('shortcuts-off') ? undefined : singleKeys[key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function explain() {
  const keys = /** @type {const} */ ([
    ['j', 'k'],
    ['Enter'],
    ['/'],
    [`${isMac ? '⌘' : 'Ctrl'} + Enter`],
    ['Esc'],
    ['?'],
  ]);
  const names = ['move', 'open', 'search', 'send', 'leave', 'help'];
  const isOn = h('input', {
    type: 'checkbox',
    id: 'shortcuts-on',
    checked: !recall('shortcuts-off'),
  });
  ask({
    title: t('shortcuts'),
    content: [
      h(
        'dl',
        { class: 'keys' },
        ...names.flatMap((name, index) => [
          h('dt', {}, ...(keys[index] ?? []).map((key) => h('kbd', {}, key))),
          h('dd', {}, t(`shortcut.${name}`)),
        ]),
      ),
      h('label', { class: 'check', for: 'shortcuts-on' }, isOn, t('shortcutsOn')),
    ],
    confirm: t('save'),
    run: async () => remember('shortcuts-off', isOn.checked ? undefined : true),
  });
}
