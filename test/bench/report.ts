import type { Measured } from './measure.js';

/** A table of one chapter, as it is printed and as it goes into the file. */
export interface Chapter {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What the figures mean, and whether a target was met. */
  readonly notes: readonly string[];
}

export interface Target {
  readonly name: string;
  readonly value: number;
  /** The largest value, or with `atLeast` the smallest, that meets the target. */
  readonly bound: number;
  readonly atLeast?: boolean;
}

export function judge({ name, value, bound, atLeast = false }: Target): string {
  const isMet = atLeast ? value >= bound : value <= bound;
  const wanted = `${atLeast ? 'at least' : 'at most'} ${bound}`;
  return `${isMet ? 'met' : 'MISSED'}: ${name} ${value.toFixed(2)} (${wanted})`;
}

export const TIME_COLUMNS = ['', 'us', 'quartiles', 'x first'] as const;

export function timeRow({ name, median, lowerQuartile, upperQuartile, ratio }: Measured): string[] {
  return [
    name,
    median.toFixed(1),
    `${lowerQuartile.toFixed(1)} .. ${upperQuartile.toFixed(1)}`,
    ratio.toFixed(2),
  ];
}

/** How often the first of two fits into the second, by their ratios to the yardstick. */
export function ratioOf(rows: readonly Measured[], name: string, by: string): number {
  const ratio = (wanted: string): number => rows.find((row) => row.name === wanted)?.ratio ?? NaN;
  return ratio(name) / ratio(by);
}

/** Plain text with aligned columns: numbers to the right, the first column to the left. */
export function print({ title, columns, rows, notes }: Chapter): void {
  const table = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  console.log(`\n${title}\n`);
  for (const line of lines) console.log(`  ${line}`);
  for (const note of notes) console.log(`  ${note}`);
}
