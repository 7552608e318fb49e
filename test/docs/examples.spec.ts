import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { documents, isChinese, readDocument, readExample, ROOT } from '../support/documentation.js';

/**
 * Every block of TypeScript in a document is a copy of code that is compiled and linted with the rest of
 * the repository. The comment above it names where the code is; `npm run docs:examples` copies it again.
 */
const EXAMPLE = /^<!-- example: (\S+) -->\n(?:\n```ts\n([^]*?)^```$)?/gm;
const FENCE = /^```(?:ts|typescript|js)\b/gm;
const isUpdate = process.env.EXAMPLES === 'update';

const paths = await documents();

describe('The examples in the documents', () => {
  it.each(paths)('are what is compiled: %s', async (path) => {
    const text = await readDocument(path);
    const current = await withExamples(path, text);
    if (isUpdate) await writeFile(join(ROOT, path), current);
    expect(isUpdate ? current : text).toBe(current);
  });

  it.each(paths)('all name their source: %s', async (path) => {
    const text = await readDocument(path);
    const fences = text.match(FENCE) ?? [];
    const examples = text.match(EXAMPLE) ?? [];
    expect(fences).toHaveLength(examples.length);
  });

  it('are found', () => {
    expect(paths).toContain('docs/guide/receiving.md');
  });
});

async function withExamples(path: string, text: string): Promise<string> {
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(EXAMPLE)) {
    const [whole, source = '', block] = match;
    const code = await readExample(source);
    // A translation may translate the comments.
    const isSame = isChinese(path) && block !== undefined && bare(block) === bare(code);
    const shown = isSame ? block : code;
    const rest = block === undefined ? '\n' : '';
    parts.push(
      text.slice(end, match.index),
      `<!-- example: ${source} -->\n\n\`\`\`ts\n${shown}\`\`\`${rest}`,
    );
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)].join('');
}

/** Code without comments. */
function bare(code: string): string {
  return code.replaceAll(/^ *(?:\/\/|\/\*\*).*\n/gm, '').replaceAll(/ *(?:\/\/ ).*$/gm, '');
}
