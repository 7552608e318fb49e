import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
/** Milliseconds after which a program is killed. */
const PROGRAM_TIMEOUT = 240_000;

export type ModuleKind = 'esm' | 'cjs';

/** A folder with the packed package and the other packages of a consumer: see fixtures/consumers. */
export class Consumer {
  private constructor(readonly folder: string) {}

  /** A consumer of the package. The first use of a name installs it. */
  static async of(name: string): Promise<Consumer> {
    return Consumer.install(name, await findTarball());
  }

  /** A folder with tools that inspect the tarball, and without the package. */
  static async ofTools(name: string): Promise<Consumer> {
    return Consumer.install(name);
  }

  private static async install(name: string, ...packages: string[]): Promise<Consumer> {
    const folder = join(compatFolder(), name);
    // npm writes this file last.
    if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) {
      await cp(join(FIXTURES, 'consumers', name), folder, { recursive: true });
      const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
      await run('npm', ['install', '--loglevel=error', ...quiet, ...packages], folder);
    }
    return new Consumer(folder);
  }

  /** Copies a folder of fixtures to where package.json makes its files modules of this kind. */
  async add(fixture: string, kind: ModuleKind): Promise<string> {
    const folder = join(this.folder, kind);
    await mkdir(folder, { recursive: true });
    const type = kind === 'esm' ? 'module' : 'commonjs';
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
    await cp(join(FIXTURES, fixture), join(folder, fixture), { recursive: true });
    return join(folder, fixture);
  }

  /** The path of a file of an installed package, such as `typescript/bin/tsc`. */
  installed(file: string): string {
    return join(this.folder, 'node_modules', file);
  }

  /** Runs Node. Resolves to its output; rejects with the output when it fails. */
  node(args: readonly string[], cwd = this.folder): Promise<string> {
    return run(process.execPath, args, cwd);
  }

  /** Runs a program that is installed here, and nothing from the registry. */
  npx(args: readonly string[], cwd = this.folder): Promise<string> {
    return run('npx', ['--no', '--', ...args], cwd);
  }

  /** Runs the TypeScript compiler of the consumer. */
  tsc(
    cwd: string,
    args: readonly string[],
    compiler: 'typescript' | 'typescript-7' = 'typescript',
  ): Promise<string> {
    return this.node([this.installed(`${compiler}/bin/tsc`), ...args], cwd);
  }
}

/** The path of the packed package. */
export async function findTarball(): Promise<string> {
  const tarball = (await readdir(compatFolder())).find((file) => file.endsWith('.tgz'));
  if (!tarball) throw new Error('There is no tarball: pack.js has not run.');
  return join(compatFolder(), tarball);
}

function compatFolder(): string {
  const folder = process.env.COMPAT_FOLDER;
  if (!folder)
    throw new Error('Run these tests with `npm run test:compat`, which packs the package.');
  return folder;
}

/** Runs a program. Resolves to its output; rejects with the output when it fails. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  // The environment of Jest must not change how an app behaves or prints.
  const env = { ...process.env, NODE_ENV: undefined, NO_COLOR: '1', FORCE_COLOR: undefined };
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROGRAM_TIMEOUT,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const collect = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const [code, signal]: unknown[] = await once(child, 'close');
  if (code !== 0) {
    const line = [command, ...args].join(' ');
    throw new Error(`${line}\nended with ${String(code ?? signal)} in ${cwd}:\n${output}`);
  }
  return output;
}
