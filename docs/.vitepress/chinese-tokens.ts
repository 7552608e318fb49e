/**
 * Splits a text for the search. Chinese has no spaces between words, so every two characters next to
 * each other are a token, and a search finds words inside of sentences. A character that stands alone
 * is a token as well. All other words are split as usual; those with an underscore are kept whole, too.
 *
 * VitePress sends this function to the browser as text: it must not use anything outside of itself.
 */
export function chineseTokens(text: string): string[] {
  return text.split(/[\s\p{P}\p{S}]+/u).flatMap((word) => {
    const runs = word.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? [];
    return runs.flatMap((run) => {
      const characters = Array.from(run);
      if (!/\p{Script=Han}/u.test(run) || characters.length === 1) return [run];
      return characters
        .slice(1)
        .map((character, index) => `${characters[index] ?? ''}${character}`);
    });
  });
}
