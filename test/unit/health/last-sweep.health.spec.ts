import { describe, expect, it } from '@jest/globals';
import { checkLastSweep } from '../../../lib/health/last-sweep.health.js';

const MCHID = '1900000109';
const INTERVAL = 600_000;
const endedAt = new Date('2026-01-02T03:04:05Z');
const now = endedAt.getTime() + INTERVAL;
const failed = { endedAt, outcome: 'failed', failure: 'NO_AUTH: 无权限' } as const;
const problem = {
  status: 'degraded',
  text: `The complaints of merchant ${MCHID} could not be reconciled, the next sweep tries again: NO_AUTH: 无权限`,
};

describe('checkLastSweep', () => {
  it('has nothing to say before the first sweep has ended', () => {
    expect(checkLastSweep(MCHID, undefined, INTERVAL, now)).toEqual({
      value: undefined,
      problems: [],
    });
  });

  it.each(['completed', 'stopped'] as const)(
    'finds nothing wrong with one that has %s',
    (outcome) => {
      expect(checkLastSweep(MCHID, { endedAt, outcome }, INTERVAL, now)).toEqual({
        value: { endedAt: '2026-01-02T03:04:05.000Z', outcome },
        problems: [],
      });
    },
  );

  it('is degraded after one that has failed', () => {
    expect(checkLastSweep(MCHID, failed, INTERVAL, now)).toEqual({
      value: { endedAt: '2026-01-02T03:04:05.000Z', outcome: 'failed' },
      problems: [problem],
    });
  });

  it('forgives a failure when other processes have swept since', () => {
    const much = endedAt.getTime() + 2 * INTERVAL;
    expect(checkLastSweep(MCHID, failed, INTERVAL, much).problems).toEqual([problem]);
    expect(checkLastSweep(MCHID, failed, INTERVAL, much + 1).problems).toEqual([]);
  });

  it('never forgives it where the app decides when to sweep', () => {
    expect(checkLastSweep(MCHID, failed, false, now + 100 * INTERVAL).problems).toEqual([problem]);
  });
});
