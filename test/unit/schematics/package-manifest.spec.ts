import { describe, expect, it } from '@jest/globals';
import {
  majorOf,
  missingPeers,
  withDependencies,
} from '../../../lib/schematics/package-manifest.js';

describe('majorOf', () => {
  it.each([
    ['^11.0.1', 11],
    ['12.5.1', 12],
    ['11.x', 11],
    ['>=12', 12],
    ['latest', undefined],
    [undefined, undefined],
  ])('of %j is %j', (version, major) => {
    expect(majorOf(version)).toBe(major);
  });
});

describe('missingPeers', () => {
  it("are those of Nest 11's time for Nest 11", () => {
    expect(missingPeers({}, 11)).toEqual({
      '@nestjs/axios': '^4.0.0',
      '@nestjs/config': '^4.0.0',
      axios: '^1.16.1',
    });
  });

  it('are those that the app does not have', () => {
    const dependencies = { '@nestjs/axios': '^12.0.0', axios: '1.20.0' };
    expect(missingPeers({ dependencies }, 12)).toEqual({ '@nestjs/config': '^12.0.0' });
  });
});

describe('withDependencies', () => {
  it('sorts them, and keeps the rest and the format', () => {
    const text = '{\n\t"name": "app",\n\t"dependencies": {\n\t\t"rxjs": "^7.8.1"\n\t}\n}\n';
    expect(withDependencies(text, { axios: '^1.16.1' })).toBe(
      '{\n\t"name": "app",\n\t"dependencies": {\n\t\t"axios": "^1.16.1",\n\t\t"rxjs": "^7.8.1"\n\t}\n}\n',
    );
  });

  it('adds the first ones', () => {
    expect(withDependencies('{}', { axios: '^1.16.1' })).toBe(
      '{\n  "dependencies": {\n    "axios": "^1.16.1"\n  }\n}',
    );
  });
});
