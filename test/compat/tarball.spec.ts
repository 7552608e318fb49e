import { describe, expect, it } from '@jest/globals';
import { Consumer, findTarball } from './consumer.js';

/** No rule of either is left out. */
describe('The packed package', () => {
  it('is good in the eyes of publint, suggestions included', async () => {
    const tools = await Consumer.ofTools('linters');
    const publint = tools.installed('publint/src/cli.js');
    await expect(
      tools.node([publint, 'run', await findTarball(), '--strict', '--level', 'suggestion']),
    ).resolves.toContain('All good!');
  });

  it('has the right types for every resolution, says @arethetypeswrong/cli', async () => {
    const tools = await Consumer.ofTools('linters');
    const attw = tools.installed('@arethetypeswrong/cli/dist/index.js');
    await expect(
      tools.node([attw, await findTarball(), '--profile', 'strict', '--no-emoji']),
    ).resolves.toContain('No problems found');
  });
});
