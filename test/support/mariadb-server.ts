import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountFor, ChildServer, temporaryFolder } from './child-server.js';
import { freePort } from './redis-server.js';

const run = promisify(execFile);

export interface MariaDbServer {
  readonly url: string;
  readonly port: number;
  readonly server: ChildServer;
}

/** Starts a MariaDB of its own, in a temporary folder, with a database `test` and a superuser `root`. */
export async function startMariaDb(): Promise<MariaDbServer> {
  const account = await accountFor('mysql');
  const folder = await temporaryFolder('mariadb', account);
  const data = join(folder, 'data');
  await run(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
    { ...account, cwd: folder },
  );
  const port = await freePort();
  const server = new ChildServer(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--max-connections=200',
      '--innodb-buffer-pool-size=16M',
      // The tests kill the server, not the machine.
      '--innodb-flush-log-at-trx-commit=2',
      '--default-time-zone=+08:00',
    ],
    account,
    folder,
    /ready for connections/,
  );
  await server.start();
  await run('mariadb', [
    '--no-defaults',
    '-h127.0.0.1',
    `-P${port}`,
    '-uroot',
    '-e',
    'CREATE DATABASE test',
  ]);
  return { url: `mysql://root@127.0.0.1:${port}/test`, port, server };
}
