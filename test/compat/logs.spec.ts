import { beforeAll, describe, expect, it } from '@jest/globals';
import { Consumer } from './consumer.js';

describe('The lines about notifications in nestjs-pino', () => {
  let records: Record<string, unknown>[];

  beforeAll(async () => {
    const consumer = await Consumer.of('nest-11');
    const folder = await consumer.add('pino', 'cjs');
    await consumer.tsc(folder, ['-p', 'tsconfig.nodenext.json']);
    const output = await consumer.node(['dist/main.js'], folder);
    records = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ context, notificationId, outcome }) => {
        return context === 'WechatPayComplaint' && (notificationId ?? outcome) !== undefined;
      });
  });

  it('have a sentence, a level and fields', () => {
    expect(records).toMatchObject([
      {
        level: 50,
        msg: expect.stringMatching(/^Notification EV-1 .* was not handled\./),
        notificationId: 'EV-1',
        outcome: 'failed',
        status: 500,
        stack: expect.stringMatching(/^TypeError: locked\n\s+at /),
      },
      {
        level: 40,
        msg: expect.stringMatching(/^Notification rejected \(SIGNATURE_MISMATCH\): /),
        outcome: 'rejected',
        code: 'SIGNATURE_MISMATCH',
      },
      {
        level: 30,
        msg: expect.stringMatching(/^Notification EV-1 .*: handled, \d+ ms$/),
        notificationId: 'EV-1',
        outcome: 'handled',
      },
    ]);
  });
});
