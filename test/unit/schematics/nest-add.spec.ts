import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import {
  type AppFiles,
  NestAdd,
  nestAdd,
  type NestAddOptions,
} from '../../../lib/schematics/nest-add.js';

/** What `nest new` writes. */
const APP = {
  '/package.json': '{\n  "dependencies": {\n    "@nestjs/core": "^11.0.1"\n  }\n}\n',
  '/src/main.ts':
    "import { NestFactory } from '@nestjs/core';\n" +
    "import { AppModule } from './app.module';\n\n" +
    'void NestFactory.create(AppModule);\n',
  '/src/app.module.ts':
    "import { Module } from '@nestjs/common';\n" +
    "import { AppService } from './app.service';\n\n" +
    '@Module({ imports: [], providers: [AppService] })\n' +
    'export class AppModule {}\n',
};

/** The files of an app, in memory. The compatibility tests use those of @angular-devkit/schematics. */
class Files implements AppFiles {
  readonly contents: Map<string, string>;

  constructor(contents: Readonly<Record<string, string>>) {
    this.contents = new Map(Object.entries(contents));
  }

  exists(path: string): boolean {
    return this.contents.has(path);
  }

  read(path: string): Uint8Array | null {
    const content = this.contents.get(path);
    return content === undefined ? null : Buffer.from(content);
  }

  create(path: string, content: string): void {
    if (this.exists(path)) throw new Error(`${path} exists.`);
    this.contents.set(path, content);
  }

  overwrite(path: string, content: string): void {
    if (!this.exists(path)) throw new Error(`${path} does not exist.`);
    this.contents.set(path, content);
  }
}

interface Run {
  readonly lines: string[];
  readonly tasks: unknown[];
}

function run(files: Files, options: NestAddOptions = {}): Run {
  const lines: string[] = [];
  const tasks: unknown[] = [];
  const log = (line: string): void => {
    lines.push(line);
  };
  const context = {
    logger: { info: log },
    addTask: (task: { toConfiguration(): unknown }) => tasks.push(task.toConfiguration()),
  };
  new NestAdd(files, context, options, ts).run();
  return { lines, tasks };
}

describe('nest add', () => {
  it('adds everything to a new app, and says what is left to do', () => {
    const files = new Files(APP);
    const { lines, tasks } = run(files);

    expect([...files.contents.keys()].sort()).toEqual([
      '/.env.example',
      '/package.json',
      '/src/app.module.ts',
      '/src/complaints/complaints.listener.ts',
      '/src/main.ts',
    ]);
    expect(files.contents.get('/src/main.ts')).toContain('(AppModule, { rawBody: true })');
    expect(files.contents.get('/src/app.module.ts')).toContain(
      "import { ComplaintsListener } from './complaints/complaints.listener';",
    );
    expect(files.contents.get('/package.json')).toContain('"@nestjs/axios": "^4.0.0"');
    expect(tasks).toEqual([{ name: 'node-package', options: { command: 'install' } }]);
    expect(lines).toEqual([
      '\nWhat is left to do for nestjs-wechatpay-complaint:',
      expect.stringMatching(/^1\. Copy the variables of \.env\.example/),
      expect.stringMatching(/^2\. WeChat Pay reaches \/wechatpay\/complaints over https only/),
    ]);
  });

  it('changes nothing twice', () => {
    const files = new Files(APP);
    run(files);
    const before = new Map(files.contents);
    const { tasks } = run(files);

    expect(files.contents).toEqual(before);
    expect(tasks).toEqual([]);
  });

  it('uses the installed version of Nest rather than the one of package.json', () => {
    const files = new Files({
      ...APP,
      '/node_modules/@nestjs/core/package.json': '{ "version": "12.5.1" }',
    });
    run(files);
    expect(files.contents.get('/package.json')).toContain('"@nestjs/axios": "^12.0.0"');
  });

  it('finds the root module of a project in a monorepo, in ESM', () => {
    const files = new Files({
      '/package.json': APP['/package.json'],
      '/apps/shop/src/main.ts': APP['/src/main.ts'].replace('./app.module', './root/app.module.js'),
      '/apps/shop/src/root/app.module.ts': APP['/src/app.module.ts'].replace(
        './app.service',
        '../app.service.js',
      ),
    });
    run(files, { sourceRoot: 'apps/shop/src', route: 'complaints' });

    const text = files.contents.get('/apps/shop/src/root/app.module.ts');
    expect(text).toContain("from './complaints/complaints.listener.js'");
    expect(text).toContain("route: 'complaints'");
    expect(files.exists('/apps/shop/src/root/complaints/complaints.listener.ts')).toBe(true);
  });

  it('says what could not be edited', () => {
    const files = new Files({
      ...APP,
      '/src/main.ts': 'createApp();\n',
      '/src/app.module.ts': '@Module(METADATA)\nexport class AppModule {}\n',
    });
    const { lines } = run(files, { skipInstall: true });

    expect(lines.slice(1, 4)).toEqual([
      '1. Install the packages that package.json now lists.',
      expect.stringMatching(/^2\. src\/main\.ts: Create the app with the option rawBody/),
      expect.stringMatching(/^3\. src\/app\.module\.ts: Import WechatPayComplaintModule/),
    ]);
  });

  it.each([
    ['without a TypeScript that can be used', APP, undefined, 'TypeScript cannot be used'],
    ['without main.ts', { '/package.json': '{}' }, ts, 'there is no src/main.ts'],
  ])('leaves the code to somebody %s', (_case, contents, compiler, reason) => {
    const files = new Files(contents);
    const lines: string[] = [];
    const log = (line: string): void => {
      lines.push(line);
    };
    const context = { logger: { info: log }, addTask: () => undefined };
    new NestAdd(files, context, {}, compiler).run();

    expect(lines[1]).toContain(`Nothing was added to the code, because ${reason}`);
    expect(files.exists('/src/complaints/complaints.listener.ts')).toBe(false);
  });

  it('is a schematic', () => {
    const files = new Files({});
    const lines: string[] = [];
    const log = (line: string): void => {
      lines.push(line);
    };
    nestAdd({})(files, { logger: { info: log }, addTask: () => undefined });
    expect(lines[1]).toContain('there is no src/main.ts');
  });
});
