import type ts from 'typescript';
import type { EditResult } from './main-file.js';
import type { SourceFile } from './source-file.js';

export const LISTENER = { className: 'ComplaintsListener', path: 'complaints/complaints.listener' };

export interface ModuleFileOptions {
  /** Name of the class of the module. */
  readonly className: string;
  /** Of the route that receives notifications. */
  readonly route: string;
  /** Where the listener is, as the module imports it. */
  readonly listenerPath: string;
}

const MANUAL: EditResult = {
  manual:
    'Import WechatPayComplaintModule in a module of the app, and add ComplaintsListener to its providers: ' +
    'the lists of the root module could not be read.',
};

/** Adds the module, the listener and, if it is not there, the module that reads `.env`. */
export function importModule(
  file: SourceFile,
  { className, route, listenerPath }: ModuleFileOptions,
): EditResult {
  const metadata = findMetadata(file, className);
  if (!metadata) return MANUAL;
  const lists = {
    imports: listOf(file, metadata, 'imports'),
    providers: listOf(file, metadata, 'providers'),
  };
  if (lists.imports === 'unreadable' || lists.providers === 'unreadable') return MANUAL;
  const modules = [
    ...(file.importedFrom('ConfigModule') === undefined ? ['ConfigModule.forRoot()'] : []),
    `WechatPayComplaintModule.forRootAsync({\n  ...wechatPayComplaintConfig.asProvider(),\n  route: '${route}',\n})`,
  ];
  add(file, metadata, 'imports', lists.imports, modules);
  add(file, metadata, 'providers', lists.providers, [LISTENER.className]);
  file.addImport('ConfigModule', '@nestjs/config');
  file.addImport('WechatPayComplaintModule', 'nestjs-wechatpay-complaint');
  file.addImport('wechatPayComplaintConfig', 'nestjs-wechatpay-complaint/config');
  file.addImport(LISTENER.className, listenerPath);
  return 'changed';
}

type List = ts.ArrayLiteralExpression | 'missing' | 'unreadable';

function listOf(file: SourceFile, metadata: ts.ObjectLiteralExpression, name: string): List {
  const property = metadata.properties.find((candidate) => candidate.name?.getText() === name);
  if (!property) return 'missing';
  const list = file.property(metadata, name)?.initializer;
  return list && file.compiler.isArrayLiteralExpression(list) ? list : 'unreadable';
}

function add(
  file: SourceFile,
  metadata: ts.ObjectLiteralExpression,
  name: string,
  list: ts.ArrayLiteralExpression | 'missing',
  elements: readonly string[],
): void {
  // As one element: each one is inserted where the list was before.
  if (list === 'missing') file.addProperty(metadata, `${name}: [${elements.join(', ')}]`);
  else file.addElement(list, elements.join(',\n'));
}

/** The argument of `@Module()` of a class. */
function findMetadata(file: SourceFile, className: string): ts.ObjectLiteralExpression | undefined {
  const { compiler } = file;
  const declaration = file
    .find((node): node is ts.ClassDeclaration => compiler.isClassDeclaration(node))
    .find(({ name }) => name?.text === className);
  const decorators = declaration ? (compiler.getDecorators(declaration) ?? []) : [];
  for (const { expression } of decorators) {
    if (!compiler.isCallExpression(expression)) continue;
    const [argument] = expression.arguments;
    const isModule = expression.expression.getText() === 'Module';
    if (isModule && argument && compiler.isObjectLiteralExpression(argument)) return argument;
  }
  return undefined;
}
