import { describe, expect, it } from '@jest/globals';
import { CallCounter } from '../../../../lib/testing/simulator/call-counter.js';

const LIST = '/v3/merchant-service/complaints-v2';

describe('CallCounter', () => {
  it.each([
    ['list', 'GET', `${LIST}?limit=50&offset=0`],
    ['history', 'GET', `${LIST}/1/negotiation-historys?limit=1`],
    ['reply', 'POST', `${LIST}/1/response`],
    ['reply', 'POST', `${LIST}/1/response-immediate-service`],
    ['complete', 'POST', `${LIST}/1/complete`],
    ['upload', 'POST', '/v3/merchant-service/images/upload'],
  ])('limits %s: %s %s', (kind, method, target) => {
    const counter = new CallCounter({ [kind]: 2 });
    const allowed = [1, 2, 3].map(() => counter.allows('1', method, target));
    expect(allowed).toEqual([true, true, false]);
    expect(counter.allows('2', method, target)).toBe(true);
  });

  it('limits nothing else', () => {
    const counter = new CallCounter({ list: 0, history: 0, reply: 0, complete: 0, upload: 0 });
    expect(counter.allows('1', 'GET', `${LIST}/1`)).toBe(true);
    expect(counter.allows('1', 'POST', `${LIST}/1/update-refund-progress`)).toBe(true);
    expect(new CallCounter({}).allows('1', 'GET', LIST)).toBe(true);
  });
});
