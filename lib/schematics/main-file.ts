import type ts from 'typescript';
import type { SourceFile } from './source-file.js';

/** The result of an edit. `manual` says what is left to do by hand. */
export type EditResult = 'changed' | 'unchanged' | { readonly manual: string };

const MANUAL: EditResult = {
  manual:
    'Create the app with the option rawBody: NestFactory.create(AppModule, { rawBody: true }). ' +
    'Signatures cover the exact bytes of a request.',
};

/** Makes the app keep raw bodies: `NestFactory.create(AppModule, { rawBody: true })`. */
export function keepRawBody(file: SourceFile): EditResult {
  const { compiler } = file;
  const call = findCreate(file);
  const [module, ...others] = call?.arguments ?? [];
  if (!call || !module) return MANUAL;
  const last = others.at(-1);
  if (!last || compiler.isNewExpression(last)) {
    file.insert((last ?? module).end, ', { rawBody: true }');
    return 'changed';
  }
  if (!compiler.isObjectLiteralExpression(last)) return MANUAL;
  const rawBody = file.property(last, 'rawBody');
  if (rawBody?.initializer.kind === compiler.SyntaxKind.TrueKeyword) return 'unchanged';
  if (rawBody) return MANUAL;
  file.addProperty(last, 'rawBody: true');
  return 'changed';
}

/** The name of the class that the app is created from, and the file that exports it. */
export function rootModule(
  file: SourceFile,
): { readonly name: string; readonly from: string } | undefined {
  const [module] = findCreate(file)?.arguments ?? [];
  if (!module || !file.compiler.isIdentifier(module)) return undefined;
  const from = file.importedFrom(module.text);
  return from === undefined ? undefined : { name: module.text, from };
}

function findCreate(file: SourceFile): ts.CallExpression | undefined {
  const { compiler } = file;
  return file
    .find((node): node is ts.CallExpression => compiler.isCallExpression(node))
    .find(({ expression }) => expression.getText() === 'NestFactory.create');
}
