import { once } from 'node:events';
import { isNativeError } from 'node:util/types';
import { isLoopbackHost } from '../../protocol/callback-url.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { CommandError, EXIT, usageError } from '../exit-codes.js';
import { printable } from '../output.js';
import { toEnvLines, writeEnvFile } from '../simulation/environment-file.js';
import { MERCHANT_MODES, MerchantFolder } from '../simulation/merchant-folder.js';
import { PageServer } from '../simulation/page-server.js';
import { Simulation } from '../simulation/simulation.js';
import { DEFAULT_FOLDER, FOLDER_OPTION } from '../simulation/simulator-options.js';
import type { Terminal } from '../terminal.js';

const DEFAULT_PORT = 9090;
const DEFAULT_APP = 'http://127.0.0.1:3000';

export const simulate: Command = {
  name: 'simulate',
  summary: 'Run a WeChat Pay on this machine, with a page to complain from',
  description:
    'Makes a merchant with keys in a folder and keeps it there. Prints the environment for your app;\n' +
    'an app that has it calls the simulator instead of WeChat Pay. Runs until it is interrupted.',
  options: {
    port: {
      placeholder: 'PORT',
      description: `of the API, by default ${DEFAULT_PORT}; 0 for a free one`,
    },
    'page-port': { placeholder: 'PORT', description: 'of the page, by default the next one' },
    app: {
      placeholder: 'ORIGIN',
      description: `where your app listens, by default ${DEFAULT_APP}; notifications for a public host go there`,
    },
    mode: {
      placeholder: 'MODE',
      description: `of a new merchant: ${MERCHANT_MODES.join(', ')}; by default public-key`,
    },
    'write-env': {
      placeholder: 'FILE',
      description: 'write the environment to a file, such as .env.simulator',
    },
    ...FOLDER_OPTION,
  },
  run: async ({ args, terminal }) => {
    const port = args.number('port', { default: DEFAULT_PORT, min: 0, max: 65_535 });
    const pagePort = args.number('page-port', {
      default: port === 0 ? 0 : Math.min(port + 1, 65_535),
      min: 0,
      max: 65_535,
    });
    const app = readApp(args);
    const path = args.text('dir') ?? DEFAULT_FOLDER;
    const folder = await MerchantFolder.openOrCreate(path, args.choice('mode', MERCHANT_MODES));
    const simulation = await listening('--port', port, () =>
      Simulation.start({ folder, port, app }),
    );
    const page = new PageServer(simulation);
    try {
      await listening('--page-port', pagePort, () => page.start(pagePort));
      introduce(simulation, page, path, terminal);
      handOver(folder.environment(simulation.simulator.url), args, terminal);
      logTraffic(simulation, terminal);
      await interrupted();
    } finally {
      await simulation.stop();
      await page.stop();
    }
    return EXIT.ok;
  },
};

function readApp(args: Arguments): string {
  const text = args.text('app') ?? DEFAULT_APP;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && isLoopbackHost(url.hostname)) return url.origin;
  throw usageError(
    '--app must be the origin of an app on this machine, such as http://localhost:3000.',
  );
}

async function listening<T>(option: string, port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    const code = isNativeError(cause) && 'code' in cause ? cause.code : undefined;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw cause;
    throw new CommandError(
      EXIT.configuration,
      `Port ${port} is ${code === 'EACCES' ? 'not allowed' : 'in use'}: choose another one with ${option}.`,
      { cause },
    );
  }
}

function introduce(
  { merchant, simulator }: Simulation,
  page: PageServer,
  path: string,
  terminal: Terminal,
): void {
  terminal.note(`WeChat Pay simulator for merchant ${merchant.mchid}, ${merchant.mode} mode`);
  terminal.note(`  API    ${simulator.url}`);
  terminal.note(`  page   ${page.url}`);
  terminal.note(`  keys   ${path}`);
}

function handOver(
  environment: Readonly<Record<string, string>>,
  args: Arguments,
  terminal: Terminal,
): void {
  const file = args.text('write-env');
  if (file !== undefined) {
    writeEnvFile(file, environment);
    terminal.note(
      `The environment of your app is in ${file}: node --env-file ${file} dist/main.js`,
    );
    return;
  }
  terminal.note('The environment of your app:');
  const set = Object.entries(environment).filter(([, value]) => value !== '');
  for (const line of toEnvLines(Object.fromEntries(set))) terminal.print(line);
}

/** One line for each call and each delivery. */
function logTraffic(simulation: Simulation, terminal: Terminal): void {
  simulation.onChange(({ call, delivery }) => {
    if (call) {
      const { time, method, target, status } = call;
      terminal.note(printable(`${clock(time)}  call      ${method} ${target} ${status}`));
    }
    if (!delivery) return;
    const { time, action_type, kind, id, responses } = delivery;
    const what = kind === 'genuine' ? action_type : `${action_type} (${kind})`;
    for (const { status, isRight, explanation } of responses) {
      terminal.note(
        printable(`${clock(time)}  delivery  ${what} ${id} ${status ?? 'no response'}`) +
          (isRight ? '' : `\n          ${printable(explanation)}`),
      );
    }
  });
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** Resolves at the first Ctrl-C or SIGTERM. */
async function interrupted(): Promise<void> {
  const aborter = new AbortController();
  const { signal } = aborter;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  // A second Ctrl-C ends the process at once.
  aborter.abort();
}
