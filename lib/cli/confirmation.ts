import type { Arguments, OptionDeclarations } from './arguments.js';
import { usageError } from './exit-codes.js';
import type { Terminal } from './terminal.js';

export const YES_OPTION: OptionDeclarations = {
  yes: { description: 'do not ask' },
};

/**
 * Whether to go on. Says so when not.
 *
 * @throws CommandError when nobody can be asked
 */
export async function confirmChange(
  question: string,
  args: Arguments,
  terminal: Terminal,
): Promise<boolean> {
  if (args.flag('yes')) return true;
  if (!terminal.isInteractive) throw usageError('Nobody can be asked here: add --yes.');
  const isConfirmed = await terminal.confirm(question);
  if (!isConfirmed) terminal.note('Nothing was changed.');
  return isConfirmed;
}
