/** What is wrong with key material, and how to fix it. Holds no part of the material. */
export class KeyMaterialError extends Error {
  override readonly name = 'KeyMaterialError';

  constructor(
    /** The rest of a sentence that begins with the name of an option. */
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${problem}. ${fix}`);
  }
}
