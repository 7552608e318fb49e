import type ts from 'typescript';
import type { TypeScript } from './typescript.js';

interface Insertion {
  readonly position: number;
  readonly text: string;
}

/** A file of the app: what is in it, and what is to be written into it. Keeps its format. */
export class SourceFile {
  readonly tree: ts.SourceFile;
  private readonly insertions: Insertion[] = [];

  constructor(
    readonly compiler: TypeScript,
    private readonly text: string,
  ) {
    this.tree = compiler.createSourceFile('file.ts', text, compiler.ScriptTarget.Latest, true);
  }

  /** The text with everything that was inserted. */
  toString(): string {
    // From the end, so that positions stay right. At one position, the first one inserted goes first.
    const fromEnd = this.insertions
      .toReversed()
      .toSorted((one, other) => other.position - one.position);
    return fromEnd.reduce(
      (text, { position, text: added }) => text.slice(0, position) + added + text.slice(position),
      this.text,
    );
  }

  /** Every node of a kind, in the order of the text. */
  find<T extends ts.Node>(is: (node: ts.Node) => node is T): T[] {
    const found: T[] = [];
    const visit = (node: ts.Node): void => {
      if (is(node)) found.push(node);
      this.compiler.forEachChild(node, visit);
    };
    visit(this.tree);
    return found;
  }

  /** The module from which the file imports a name. */
  importedFrom(name: string): string | undefined {
    return this.importDeclarations().find((declaration) => this.names(declaration).includes(name))
      ?.moduleSpecifier.text;
  }

  /** Whether relative imports end in `.js`, as ESM wants them. Undefined if there is none. */
  hasExtensions(): boolean | undefined {
    const relative = this.importDeclarations()
      .map(({ moduleSpecifier }) => moduleSpecifier.text)
      .filter((specifier) => specifier.startsWith('.'));
    return relative.length === 0 ? undefined : relative.some((path) => path.endsWith('.js'));
  }

  /** Adds an import after the last one, unless the name is imported. */
  addImport(name: string, from: string): void {
    if (this.importedFrom(name) !== undefined) return;
    const last = this.importDeclarations().at(-1);
    const quote = this.text.includes('"') && !this.text.includes("'") ? '"' : "'";
    const line = `import { ${name} } from ${quote}${from}${quote};`;
    this.insert(last?.end ?? 0, last ? `\n${line}` : `${line}\n`);
  }

  /** Adds an element to a list between brackets. Several lines get a line of their own for each. */
  addElement(list: ts.ArrayLiteralExpression, element: string): void {
    this.addTo(list, list.elements, element);
  }

  /** Adds a property to an object. */
  addProperty(object: ts.ObjectLiteralExpression, property: string): void {
    this.addTo(object, object.properties, property);
  }

  property(object: ts.ObjectLiteralExpression, name: string): ts.PropertyAssignment | undefined {
    return object.properties.find(
      (property): property is ts.PropertyAssignment =>
        this.compiler.isPropertyAssignment(property) && property.name.getText() === name,
    );
  }

  insert(position: number, text: string): void {
    this.insertions.push({ position, text });
  }

  private addTo(
    list: ts.ArrayLiteralExpression | ts.ObjectLiteralExpression,
    elements: ts.NodeArray<ts.Node>,
    element: string,
  ): void {
    const last = elements.at(-1);
    const outer = this.indentationAt(list.getStart());
    const isMultiline = element.includes('\n') || list.getText().includes('\n');
    const inner = `${outer}  `;
    const text = element.replaceAll('\n', `\n${inner}`);
    if (!isMultiline) {
      const isObject = this.compiler.isObjectLiteralExpression(list);
      if (last) this.insert(last.end, `, ${text}`);
      else this.insert(list.end - 1, isObject ? ` ${text} ` : text);
    } else if (!last) {
      this.insert(list.end - 1, `\n${inner}${text},\n${outer}`);
    } else if (elements.hasTrailingComma) {
      this.insert(elements.end, `\n${inner}${text},`);
    } else if (list.getText().includes('\n')) {
      this.insert(last.end, `,\n${inner}${text}`);
    } else {
      this.insert(last.end, `, ${element.replaceAll('\n', `\n${outer}`)}`);
    }
  }

  /** The white space with which the line of a position begins. */
  private indentationAt(position: number): string {
    const start = this.text.lastIndexOf('\n', position - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(start))?.[0] ?? '';
  }

  private importDeclarations(): (ts.ImportDeclaration & {
    readonly moduleSpecifier: ts.StringLiteral;
  })[] {
    return this.tree.statements.filter(
      (
        statement,
      ): statement is ts.ImportDeclaration & { readonly moduleSpecifier: ts.StringLiteral } =>
        this.compiler.isImportDeclaration(statement) &&
        this.compiler.isStringLiteral(statement.moduleSpecifier),
    );
  }

  private names({ importClause }: ts.ImportDeclaration): string[] {
    const bindings = importClause?.namedBindings;
    return bindings && this.compiler.isNamedImports(bindings)
      ? bindings.elements.map(({ name }) => name.text)
      : [];
  }
}
