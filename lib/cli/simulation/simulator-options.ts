import type { OptionDeclarations } from '../arguments.js';

export const DEFAULT_FOLDER = '.wechatpay-simulator';

export const FOLDER_OPTION: OptionDeclarations = {
  dir: {
    placeholder: 'FOLDER',
    description: `where the simulated merchant and its keys are, by default ${DEFAULT_FOLDER}`,
  },
};
