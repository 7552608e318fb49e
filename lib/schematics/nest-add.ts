import { posix } from 'node:path';
import { addVariables } from './environment-file.js';
import { type EditResult, keepRawBody, rootModule } from './main-file.js';
import { importModule, LISTENER } from './module-file.js';
import {
  majorOf,
  missingPeers,
  type PackageManifest,
  withDependencies,
} from './package-manifest.js';
import { SourceFile } from './source-file.js';
import { loadTypeScript, type TypeScript } from './typescript.js';

/** The part of `Tree` of @angular-devkit/schematics that is used: the files of the app. */
export interface AppFiles {
  exists(path: string): boolean;
  read(path: string): Uint8Array | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

/** The part of `SchematicContext` that is used. */
export interface AddContext {
  readonly logger: { info(message: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

export interface NestAddOptions {
  readonly sourceRoot?: string;
  readonly route?: string;
  readonly skipInstall?: boolean;
}

const PACKAGE = 'nestjs-wechatpay-complaint';
const ENVIRONMENT_FILE = '/.env.example';
/** @see NodePackageInstallTask of @angular-devkit/schematics, which this package does not depend on */
const INSTALL = {
  toConfiguration: () => ({ name: 'node-package', options: { command: 'install' } }),
};

const LISTENER_SOURCE = `import { Injectable, Logger } from '@nestjs/common';
import { type ComplaintNotificationPayload, OnComplaint } from '${PACKAGE}';

@Injectable()
export class ${LISTENER.className} {
  private readonly logger = new Logger(${LISTENER.className}.name);

  /** Runs once for each notification. Look the complaint up with ComplaintService and answer it. */
  @OnComplaint()
  handle({ complaint }: ComplaintNotificationPayload): void {
    this.logger.log(\`\${complaint.action_type}: complaint \${complaint.complaint_id}\`);
  }
}
`;

/** What `nest add nestjs-wechatpay-complaint` does with an app. A second run changes nothing. */
export function nestAdd(options: NestAddOptions): (files: AppFiles, context: AddContext) => void {
  return (files, context) => {
    new NestAdd(files, context, options, loadTypeScript(process.cwd())).run();
  };
}

export class NestAdd {
  private readonly todo: string[] = [];
  private readonly sourceRoot: string;
  private readonly route: string;

  constructor(
    private readonly files: AppFiles,
    private readonly context: AddContext,
    private readonly options: NestAddOptions,
    private readonly compiler: TypeScript | undefined,
  ) {
    this.sourceRoot = options.sourceRoot ?? 'src';
    this.route = options.route ?? 'wechatpay/complaints';
  }

  run(): void {
    this.addPeers();
    this.editSources();
    this.addEnvironment();
    this.todo.push(
      `Copy the variables of ${ENVIRONMENT_FILE.slice(1)} to .env and fill them in; without them the app does not start.`,
      `WeChat Pay reaches /${this.route} over https only. Set WECHATPAY_CALLBACK_URL to have its address registered.`,
    );
    this.context.logger.info(`\nWhat is left to do for ${PACKAGE}:`);
    for (const [index, step] of this.todo.entries()) {
      this.context.logger.info(`${index + 1}. ${step}`);
    }
  }

  private addPeers(): void {
    const path = '/package.json';
    const text = this.read(path);
    if (text === undefined) return;
    const manifest = JSON.parse(text) as PackageManifest;
    const installed = this.read('/node_modules/@nestjs/core/package.json');
    const version =
      installed === undefined
        ? manifest.dependencies?.['@nestjs/core']
        : (JSON.parse(installed) as { version?: string }).version;
    const added = missingPeers(manifest, majorOf(version) ?? 12);
    if (Object.keys(added).length === 0) return;
    this.files.overwrite(path, withDependencies(text, added));
    if (this.options.skipInstall)
      this.todo.push('Install the packages that package.json now lists.');
    else this.context.addTask(INSTALL);
  }

  private editSources(): void {
    const { compiler } = this;
    const mainPath = posix.join('/', this.sourceRoot, 'main.ts');
    const text = this.read(mainPath);
    if (!compiler || text === undefined) {
      const reason = compiler ? `there is no ${mainPath.slice(1)}` : 'TypeScript cannot be used';
      this.todo.push(
        `Nothing was added to the code, because ${reason}: follow the quick start in the README of ${PACKAGE}.`,
      );
      return;
    }
    const main = new SourceFile(compiler, text);
    this.keep(mainPath, text, main, keepRawBody(main));
    const root = rootModule(main) ?? { name: 'AppModule', from: './app.module' };
    this.editModule(compiler, root.name, posix.join(posix.dirname(mainPath), root.from));
  }

  private editModule(compiler: TypeScript, className: string, imported: string): void {
    const path = `${imported.replace(/\.[jt]s$/, '')}.ts`;
    const text = this.read(path) ?? '';
    if (text.includes('WechatPayComplaintModule')) return;
    const file = new SourceFile(compiler, text);
    const extension = file.hasExtensions() ? '.js' : '';
    const result = importModule(file, {
      className,
      route: this.route,
      listenerPath: `./${LISTENER.path}${extension}`,
    });
    this.keep(path, text, file, result);
    const listenerPath = posix.join(posix.dirname(path), `${LISTENER.path}.ts`);
    if (!this.files.exists(listenerPath)) this.files.create(listenerPath, LISTENER_SOURCE);
  }

  private keep(path: string, before: string, file: SourceFile, result: EditResult): void {
    if (result === 'changed') this.write(path, before, file.toString());
    else if (result !== 'unchanged') this.todo.push(`${path.slice(1)}: ${result.manual}`);
  }

  private addEnvironment(): void {
    const text = this.read(ENVIRONMENT_FILE) ?? '';
    this.write(ENVIRONMENT_FILE, text, addVariables(text, this.route));
  }

  private write(path: string, before: string, after: string): void {
    if (after === before) return;
    if (this.files.exists(path)) this.files.overwrite(path, after);
    else this.files.create(path, after);
  }

  private read(path: string): string | undefined {
    const content = this.files.read(path);
    return content ? new TextDecoder().decode(content) : undefined;
  }
}
