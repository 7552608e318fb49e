import { describe, expect, it } from '@jest/globals';
import { VERSION_NEUTRAL } from '@nestjs/common';
import { routeProblems } from '../../../lib/listeners/route-setting.js';

describe('routeProblems', () => {
  it.each([
    [undefined],
    ['/'],
    ['wechatpay/complaints'],
    [{ path: 'complaints', version: VERSION_NEUTRAL }],
    [{ path: ['complaints', 'feedback'] }],
  ])('accepts %p', (route) => {
    expect(routeProblems(route)).toEqual([]);
  });

  it.each<[route: unknown, option: string, problem: string]>([
    ['', 'route', 'is empty'],
    [false, 'route', 'is of type boolean'],
    [null, 'route', 'is of type null'],
    [[], 'route', 'is empty'],
    [{}, 'route.path', 'is of type undefined'],
    [{ path: ['complaints', ''] }, 'route.path', 'is empty'],
    [{ path: ['complaints', 7] }, 'route.path', 'is of type number'],
  ])('refuses %j', (route, option, problem) => {
    expect(routeProblems(route)).toEqual([{ option, problem, fix: expect.any(String) }]);
  });
});
