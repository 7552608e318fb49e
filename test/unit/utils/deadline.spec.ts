import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline } from '../../../lib/utils/deadline.js';

describe('Deadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('counts from the moment it is created', () => {
    jest.advanceTimersByTime(1000);
    const deadline = new Deadline(500);
    expect([deadline.limit, deadline.elapsed(), deadline.timeLeft()]).toEqual([500, 0, 500]);
    jest.advanceTimersByTime(200);
    expect([deadline.limit, deadline.elapsed(), deadline.timeLeft()]).toEqual([500, 200, 300]);
  });

  it('leaves no time after its limit', () => {
    const deadline = new Deadline(500);
    jest.advanceTimersByTime(500);
    expect(deadline.timeLeft()).toBe(0);
    jest.advanceTimersByTime(500);
    expect(deadline.timeLeft()).toBe(0);
    expect(deadline.elapsed()).toBe(1000);
  });

  it('does not follow the system clock', () => {
    const deadline = new Deadline(500);
    jest.setSystemTime(Date.now() + 24 * 60 * 60 * 1000);
    expect(deadline.timeLeft()).toBe(500);
    jest.setSystemTime(0);
    expect(deadline.elapsed()).toBe(0);
  });
});
