import { describe, expect, it } from '@jest/globals';
import { Consumer } from './consumer.js';

const ENTRIES = ['', '/config', '/redis', '/sql', '/testing'].map(
  (path) => `nestjs-wechatpay-complaint${path}`,
);

describe.each(['nest-11', 'nest-12'])('In one process on %s', (name) => {
  describe.each(['import', 'require'])('with %s first', (first) => {
    it.each(ENTRIES)('%s has the same exports for import and require', async (entry) => {
      const consumer = await Consumer.of(name);
      const folder = await consumer.add('same-exports', 'esm');
      await expect(consumer.node(['same-exports.js', entry, first], folder)).resolves.toMatch(
        /^[1-9]\d* exports, all the same$/m,
      );
    });
  });
});
