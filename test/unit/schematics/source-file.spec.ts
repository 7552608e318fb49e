import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { SourceFile } from '../../../lib/schematics/source-file.js';

function withElement(text: string, element: string): string {
  const file = new SourceFile(ts, text);
  const [list] = file.find((node) => ts.isArrayLiteralExpression(node));
  if (list) file.addElement(list, element);
  return file.toString();
}

describe('addElement', () => {
  it.each([
    ['const a = [];', 'const a = [X];'],
    ['const a = [A];', 'const a = [A, X];'],
    ['  const a = [\n    A,\n  ];', '  const a = [\n    A,\n    X,\n  ];'],
    ['const a = [\n  A\n];', 'const a = [\n  A,\n  X\n];'],
    ['const a = [A, // first\n  B,\n];', 'const a = [A, // first\n  B,\n  X,\n];'],
  ])('adds one line to %j', (text, expected) => {
    expect(withElement(text, 'X')).toBe(expected);
  });

  it.each([
    ['  const a = [];', '  const a = [\n    X({\n      y,\n    }),\n  ];'],
    ['const a = [A];', 'const a = [A, X({\n  y,\n})];'],
    ['const a = [\n  A,\n];', 'const a = [\n  A,\n  X({\n    y,\n  }),\n];'],
  ])('adds several lines to %j', (text, expected) => {
    expect(withElement(text, 'X({\n  y,\n})')).toBe(expected);
  });
});

describe('addProperty', () => {
  it.each([
    ['const a = {};', 'const a = { x: 1 };'],
    ['const a = { b };', 'const a = { b, x: 1 };'],
    ['const a = {\n  b,\n};', 'const a = {\n  b,\n  x: 1,\n};'],
  ])('adds to %j', (text, expected) => {
    const file = new SourceFile(ts, text);
    const [object] = file.find((node) => ts.isObjectLiteralExpression(node));
    if (object) file.addProperty(object, 'x: 1');
    expect(file.toString()).toBe(expected);
  });
});

describe('addImport', () => {
  it('adds imports after the last one, in their order', () => {
    const file = new SourceFile(ts, "import a from 'a';\nimport { b } from 'b';\n\nrun();\n");
    file.addImport('c', 'c');
    file.addImport('d', './d');
    expect(file.toString()).toBe(
      "import a from 'a';\nimport { b } from 'b';\nimport { c } from 'c';\nimport { d } from './d';\n\nrun();\n",
    );
  });

  it('begins a file without imports', () => {
    const file = new SourceFile(ts, 'run();\n');
    file.addImport('c', 'c');
    expect(file.toString()).toBe("import { c } from 'c';\nrun();\n");
  });

  it('uses the quotation marks of the file', () => {
    const file = new SourceFile(ts, 'import { b } from "b";\n');
    file.addImport('c', 'c');
    expect(file.toString()).toBe('import { b } from "b";\nimport { c } from "c";\n');
  });

  it('leaves a name alone that is imported', () => {
    const text = "import { b as c } from 'b';\n";
    const file = new SourceFile(ts, text);
    file.addImport('c', 'other');
    expect(file.toString()).toBe(text);
    expect(file.importedFrom('c')).toBe('b');
  });
});

describe('hasExtensions', () => {
  it.each([
    ["import { b } from 'b';", undefined],
    ["import { b } from './b';", false],
    ["import { b } from './b.js';", true],
  ])('of %j', (text, expected) => {
    expect(new SourceFile(ts, text).hasExtensions()).toBe(expected);
  });
});
