import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** What is generated, or belongs to no page. */
const NO_PAGES = /^docs\/(reference\/api|examples|public|\.vitepress)\//;

/** Paths of all Markdown files that people read, relative to the root of the repository. */
export async function documents(): Promise<string[]> {
  const inDocs = await readdir(join(ROOT, 'docs'), { recursive: true });
  const paths = inDocs.map((path) => `docs/${path.replaceAll('\\', '/')}`);
  const inRoot = await readdir(ROOT);
  return [...inRoot, ...paths.filter((path) => !NO_PAGES.test(path))]
    .filter((path) => path.endsWith('.md'))
    .sort();
}

export function readDocument(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}

/** Whether a document is in Chinese. */
export function isChinese(path: string): boolean {
  return path.startsWith('docs/zh/') || path.includes('.zh-CN.');
}

/**
 * The code of an example: `receiving.ts` in docs/examples, or a path from the root of the repository,
 * with `#name` for what lies between `// #region name` and `// #endregion name`.
 *
 * @throws Error when there is no such file or region
 */
export async function readExample(source: string): Promise<string> {
  const [path = '', region] = source.split('#');
  const file = path.includes('/') ? path : `docs/examples/${path}`;
  const lines = (await readDocument(file)).split('\n');
  const isMark = (line: string, mark: string) => line.trim() === `// #${mark}`;
  const start = region ? lines.findIndex((line) => isMark(line, `region ${region}`)) + 1 : 0;
  const end = region ? lines.findIndex((line) => isMark(line, `endregion ${region}`)) : undefined;
  if (region && (start === 0 || end === -1)) throw new Error(`${file} has no region ${region}.`);
  const code = lines.slice(start, end).filter((line) => !/^\s*\/\/ #(end)?region /.test(line));
  const indents = code.filter((line) => line !== '').map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return `${code
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()}\n`;
}
