import { translator } from './i18n.js';
import { STRINGS } from './strings.js';

export const t = translator(STRINGS);
