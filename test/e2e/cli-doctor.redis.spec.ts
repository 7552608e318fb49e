import { describe, expect, it } from '@jest/globals';
import { checkStore } from '../../lib/cli/doctor/store.check.js';

const { REDIS_URL = 'redis://127.0.0.1:6379' } = process.env;

describe('doctor, with a Redis', () => {
  it('says that it responds', async () => {
    await expect(checkStore(REDIS_URL, '1900000109')).resolves.toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/^Redis at \S+ responds within \d+ ms$/),
    });
  });
});
