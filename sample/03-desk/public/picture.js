import { showPicture } from './dialogs.js';
import { h, icon } from './dom.js';
import { t } from './words.js';

/**
 * @typedef {import('../picture.view.js').PictureView} PictureView
 */

/**
 * A small picture that opens in full.
 *
 * @param {PictureView} picture
 * @param {{ index: number, who: string }} values
 * @param {() => void} onBroken called when the picture cannot be loaded: its URL may have expired
 */
export function thumbnail(picture, values, onBroken) {
  if (picture.kind === 'unavailable') return placeholder(t('pictureUnavailable'));
  const { kind, src } = picture;
  const image = h('img', {
    src,
    alt: t('picture', values),
    width: 132,
    height: 99,
    loading: 'lazy',
    // The other host need not know where its picture is shown.
    referrerpolicy: 'no-referrer',
  });
  const button = h(
    'button',
    { type: 'button', class: 'thumb', click: () => showPicture(src, t('pictureOpen', values)) },
    image,
  );
  image.addEventListener('error', () => {
    const link = h(
      'a',
      { href: src, target: '_blank', rel: 'noopener noreferrer' },
      t('pictureLink'),
    );
    button.replaceWith(placeholder(t('pictureBroken'), kind === 'linked' && link));
    onBroken();
  });
  return button;
}

/**
 * @param {string} text
 * @param {Node | false} [link]
 */
function placeholder(text, link = false) {
  return h('span', { class: 'no-picture' }, icon('image'), h('span', {}, text), link);
}
