import { describe, expect, it } from '@jest/globals';
import { readDocument } from '../support/documentation.js';

interface Results {
  readonly chapters: readonly {
    readonly title: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
}

/** A comment with the title of a chapter, and the table below it. */
const TABLE = /^<!-- results: (.+) -->\n\n((?:\|.*\n)+)/gm;

describe.each(['docs/performance.md', 'docs/zh/performance.md'])('The figures of %s', (path) => {
  it('are those of test/bench/results.json', async () => {
    const { chapters } = JSON.parse(await readDocument('test/bench/results.json')) as Results;
    const tables = [...(await readDocument(path)).matchAll(TABLE)];
    expect(tables).not.toHaveLength(0);
    for (const [, title, table = ''] of tables) {
      const chapter = chapters.find((candidate) => candidate.title === title);
      const [columns, , ...rows] = table.trim().split('\n').map(cellsOf);
      // The first column has no name there.
      expect(columns?.slice(1)).toEqual(chapter?.columns.slice(1));
      for (const row of rows) expect(chapter?.rows).toContainEqual(row);
    }
  });
});

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
