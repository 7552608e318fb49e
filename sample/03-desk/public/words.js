import { translator } from './i18n.js';
import { en } from './strings.en.js';
import { zh } from './strings.zh-CN.js';

export const t = translator({ 'zh-CN': zh, en });
