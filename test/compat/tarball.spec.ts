import { describe, expect, it } from '@jest/globals';
import { Consumer, findTarball } from './consumer.js';

/** With every rule of both tools. */
describe('The packed package', () => {
  it('passes publint without errors, warnings and suggestions', async () => {
    const tools = await Consumer.ofTools('linters');
    const publint = tools.installed('publint/src/cli.js');
    await expect(
      tools.node([publint, 'run', await findTarball(), '--strict', '--level', 'suggestion']),
    ).resolves.toContain('All good!');
  });

  it('passes @arethetypeswrong/cli for every module resolution', async () => {
    const tools = await Consumer.ofTools('linters');
    const attw = tools.installed('@arethetypeswrong/cli/dist/index.js');
    await expect(
      tools.node([attw, await findTarball(), '--profile', 'strict', '--no-emoji']),
    ).resolves.toContain('No problems found');
  });
});
