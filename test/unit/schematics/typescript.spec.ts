import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { loadTypeScript } from '../../../lib/schematics/typescript.js';

describe('loadTypeScript', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-typescript-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds the TypeScript of a folder', () => {
    expect(loadTypeScript(process.cwd())?.version).toBe(ts.version);
  });

  it('finds none where there is none', () => {
    expect(loadTypeScript(folder)).toBeUndefined();
  });

  it('does not take one without a compiler API', async () => {
    await mkdir(join(folder, 'node_modules/typescript'), { recursive: true });
    await writeFile(
      join(folder, 'node_modules/typescript/index.js'),
      "module.exports = { version: '7.0.0' };",
    );
    expect(loadTypeScript(folder)).toBeUndefined();
  });
});
