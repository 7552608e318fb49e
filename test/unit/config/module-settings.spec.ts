import { describe, expect, it } from '@jest/globals';
import { omitModuleSettings } from '../../../lib/config/module-settings.js';

describe('omitModuleSettings', () => {
  it('reports settings among options, and returns the others', () => {
    const reported: string[] = [];
    const options = { mchid: '1900000109', route: 'complaints', isGlobal: false };
    expect(omitModuleSettings(options, (option) => reported.push(option))).toEqual({
      mchid: '1900000109',
    });
    expect(reported).toEqual(['route', 'isGlobal']);
  });

  it('reports nothing about one that is undefined', () => {
    const reported: string[] = [];
    omitModuleSettings({ route: undefined }, (option) => reported.push(option));
    expect(reported).toEqual([]);
  });
});
