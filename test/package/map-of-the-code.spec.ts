import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const READMES = [
  ['README.md', 'Map of the code'],
  ['README.zh-CN.md', '代码导览'],
] as const;
interface DependencyCruiserConfig {
  readonly default: { readonly forbidden: readonly { readonly name: string }[] };
}

describe('The folders of lib', () => {
  it('are those that .dependency-cruiser.js puts in order', async () => {
    const path = join(ROOT, '.dependency-cruiser.js');
    const config = (await import(path)) as DependencyCruiserConfig;
    const ordered = config.default.forbidden.flatMap(
      ({ name }) => /^(.*)-imports-one-way$/.exec(name)?.[1] ?? [],
    );
    expect(ordered.sort()).toEqual(await foldersOfLib());
  });

  it.each(READMES)('are on the map of the code in %s', async (file, heading) => {
    const map = await readMap(file, heading);
    const missing = (await foldersOfLib()).filter(
      (folder) => !new RegExp(`(^|[\\s/])${folder}/`).test(map),
    );
    expect(missing).toEqual([]);
  });
});

describe('The map of the code', () => {
  it.each(READMES)('names only files and folders that exist, in %s', async (file, heading) => {
    const map = await readMap(file, heading);
    const names = Array.from(
      map.matchAll(/(?<=^|\s)([\w-]+\/)+(?=\s|$)|(?<=^|[\s/])[\w-][\w.-]*\.[jt]s\b/gm),
      ([name]) => name.replace(/\/$/, ''),
    );
    const paths = await findPaths();
    expect(names.filter((name) => !paths.some((path) => path.endsWith(`/${name}`)))).toEqual([]);
  });
});

async function foldersOfLib(): Promise<string[]> {
  const entries = await readdir(join(ROOT, 'lib'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The first fenced block under a heading. */
async function readMap(file: string, heading: string): Promise<string> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  const map = /^```\w*\n(.*?)^```$/ms.exec(section ?? '')?.[1];
  if (map === undefined) throw new Error(`${file} has no fenced block under "${heading}".`);
  return map;
}

/** Every file and folder that a map can name, with a slash before it. */
async function findPaths(): Promise<string[]> {
  const found = ['lib', 'sample', 'test'].map(async (root) => {
    const paths = await readdir(join(ROOT, root), { recursive: true });
    return ['', ...paths].map((path) => `/${join(root, path).replaceAll('\\', '/')}`);
  });
  return (await Promise.all(found)).flat();
}
