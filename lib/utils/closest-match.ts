/**
 * Finds the word that was probably meant: the closest one, without regard to case, of those from
 * which at most a third of the characters differ.
 */
export function closestMatch(text: string, words: readonly string[]): string | undefined {
  const lowerCase = text.toLowerCase();
  let closest: string | undefined;
  let least = Math.floor(text.length / 3) + 1;
  for (const word of words) {
    const distance = editDistance(lowerCase, word.toLowerCase());
    if (distance < least) [closest, least] = [word, distance];
  }
  return closest;
}

/** Levenshtein distance: how many characters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
