import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { Deadline } from '../../../lib/utils/deadline.js';

describe('Deadline', () => {
  it('counts up and down from its creation', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const deadline = new Deadline(300);

    now.mockReturnValue(1200);

    expect(deadline.elapsed()).toBe(200);
    expect(deadline.timeLeft()).toBe(100);
  });

  it('has no time left once it has passed, while elapsed() goes on', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const deadline = new Deadline(300);

    now.mockReturnValue(5000);

    expect(deadline.timeLeft()).toBe(0);
    expect(deadline.elapsed()).toBe(4000);
  });

  it('ignores changes of the system clock', async () => {
    const deadline = new Deadline(60_000);
    jest.spyOn(Date, 'now').mockReturnValue(0);

    await delay(5);

    expect(deadline.elapsed()).toBeGreaterThan(0);
    expect(deadline.timeLeft()).toBeLessThan(60_000);
  });
});
