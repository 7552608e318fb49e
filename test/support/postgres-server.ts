import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountFor, ChildServer, temporaryFolder } from './child-server.js';
import { freePort } from './redis-server.js';

const run = promisify(execFile);
/** Where Debian keeps the programs of the server, outside of the PATH. */
const DEBIAN = '/usr/lib/postgresql';

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly server: ChildServer;
}

/** Starts a PostgreSQL of its own, in a temporary folder, with a database and a superuser `postgres`. */
export async function startPostgres(): Promise<PostgresServer> {
  const account = await accountFor('postgres');
  const folder = await temporaryFolder('postgres', account);
  const data = join(folder, 'data');
  const bin = await binaries();
  const initialise = ['-D', data, '-U', 'postgres', '--auth=trust', '-N', '--no-locale'];
  await run(join(bin, 'initdb'), [...initialise, '--encoding=UTF8'], { ...account, cwd: folder });
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    // The tests kill the server, not the machine.
    fsync: 'off',
    max_connections: 200,
    timezone: 'Asia/Shanghai',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = new ChildServer(
    join(bin, 'postgres'),
    ['-D', data, ...args],
    account,
    folder,
    /ready to accept connections/,
  );
  await server.start();
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, server };
}

async function binaries(): Promise<string> {
  const versions = await readdir(DEBIAN).catch((): string[] => []);
  const latest = versions.map(Number).sort((a, b) => b - a)[0];
  return latest === undefined ? '' : join(DEBIAN, String(latest), 'bin');
}
