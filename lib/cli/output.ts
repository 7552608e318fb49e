/** What is shown in a cell or line. */
export type Cell = string | number | boolean | undefined;

/** Columns between two cells. */
const GAP = 2;

/**
 * Text in one line, without the characters that would move the cursor or change what a terminal shows.
 * Everything that comes from the network passes here before it is printed.
 */
export function printable(value: unknown): string {
  return toText(value)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** JSON for programs, and for terminals: control characters are escaped too. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Rows as aligned columns.
 *
 * @param width columns of the terminal, to which the last cell of a row is cut; no cut without it
 */
export function table(rows: readonly (readonly Cell[])[], width?: number): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
    });
  }
  return cells.map((row) => {
    const line = row
      .map((cell, index) =>
        index === row.length - 1 ? cell : pad(cell, (widths[index] ?? 0) + GAP),
      )
      .join('');
    return width === undefined ? line.trimEnd() : cut(line.trimEnd(), width);
  });
}

/** Pads to a number of columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** Shortens to a number of columns, with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let shortened = '';
  let width = 1;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    shortened += character;
  }
  return `${shortened}…`;
}

/** Columns that a terminal uses. Chinese characters and emoji take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /\p{M}/u;

function characterWidth(character: string): number {
  if (WIDE.test(character)) return 2;
  return NO_WIDTH.test(character) ? 0 : 1;
}
