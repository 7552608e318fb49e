import type { OptionDeclarations } from './arguments.js';

export const JSON_OPTION: OptionDeclarations = {
  json: { description: 'print JSON, for programs' },
};
