import { describe, expect, it } from '@jest/globals';
import { Consumer } from './consumer.js';

describe('Requests through a proxy', () => {
  it.each(['lowest-peers', 'nest-12'])(
    'are tunnelled with the axios of %s: the proxy sees no Authorization',
    async (name) => {
      const consumer = await Consumer.of(name);
      const folder = await consumer.add('proxy', 'esm');
      await expect(consumer.node(['main.mjs'], folder)).resolves.toContain(
        'the proxy saw a tunnel',
      );
    },
  );
});
