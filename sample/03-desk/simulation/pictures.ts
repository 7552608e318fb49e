import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFolder } from '../create-app.js';

/** The photos that the simulated consumer can attach. */
export type PictureName = 'mug' | 'parcel' | 'shirt';

export const PICTURE_NAMES: readonly PictureName[] = ['mug', 'parcel', 'shirt'];

/** The bytes of a PNG file. The page of the simulated consumer loads the same file by its URL. */
export function readPicture(name: PictureName): Buffer {
  return readFileSync(join(sourceFolder('simulation/public/pictures'), `${name}.png`));
}
