import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';

/** The compiler API of the app's TypeScript. */
export type TypeScript = typeof ts;

/**
 * The TypeScript of the app in a folder. Every Nest app in TypeScript has one, so this package need not
 * depend on it. Undefined if there is none, or none with a compiler API, such as version 7.
 */
export function loadTypeScript(folder: string): TypeScript | undefined {
  try {
    const loaded: unknown = createRequire(join(folder, 'package.json'))('typescript');
    return isTypeScript(loaded) ? loaded : undefined;
  } catch {
    return undefined;
  }
}

function isTypeScript(loaded: unknown): loaded is TypeScript {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'createSourceFile' in loaded &&
    typeof loaded.createSourceFile === 'function'
  );
}
