import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/**
 * A service that some suites need.
 *
 * @typedef {object} Service
 * @property {() => Promise<string | undefined>} findProblem resolves to undefined when the service
 * can be used, otherwise to a sentence that says what is missing and how to install it
 * @property {readonly string[]} suites how the paths of those suites start, relative to test/
 */

/** @type {readonly Service[]} */
const SERVICES = [
  {
    // A Redis at REDIS_URL or 127.0.0.1:6379; some suites also start servers of their own.
    findProblem: findRedisProblem,
    suites: [
      'unit/stores/redis-',
      'e2e/processes/',
      'e2e/cluster-sample.',
      'e2e/cli-doctor.redis.',
    ],
  },
  {
    findProblem: () => findServerProblem('PostgreSQL', postgresBinary(), 'postgresql'),
    suites: [
      'unit/stores/sql/adapters/pg.',
      'unit/stores/sql/adapters/drizzle.',
      'unit/stores/sql/adapters/knex.',
      'unit/stores/sql/adapters/mikro-orm.',
      'unit/stores/sql/adapters/prisma.',
      'unit/stores/sql/adapters/transaction-host.',
      'unit/stores/sql/adapters/type-orm.',
      'unit/stores/sql/sql-notification-store.',
      'e2e/cluster-postgres-sample.',
      'e2e/in-transaction.',
      'e2e/processes/sql-',
    ],
  },
  {
    findProblem: () => findServerProblem('MariaDB', 'mariadbd', 'mariadb-server'),
    suites: [
      'unit/stores/sql/adapters/mysql2.',
      'unit/stores/sql/adapters/drizzle.',
      'unit/stores/sql/adapters/knex.',
      'unit/stores/sql/sql-notification-store.',
      'e2e/processes/sql-',
    ],
  },
  {
    findProblem: findChromiumProblem,
    suites: ['e2e/desk-sample.browser.', 'e2e/cli-simulate.browser.', 'docs/site.browser.'],
  },
];

export async function findRedisProblem() {
  const url = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
  const hasServer = spawnSync('redis-server', ['--version']).status === 0;
  if (hasServer && (await acceptsConnections(url))) return undefined;
  return (
    `There is no Redis at ${url.host}, or no redis-server in the PATH. ` +
    'Install and start it: apt-get install redis-server'
  );
}

async function findChromiumProblem() {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  if (spawnSync(path, ['--version']).status === 0) return undefined;
  return (
    `There is no Chromium at ${path}. ` +
    'Install it (apt-get install chromium) or set CHROMIUM_PATH.'
  );
}

/** Tests start servers of their own, of the database that is installed. */
function findServerProblem(name, binary, debianPackage) {
  if (spawnSync(binary, ['--version']).status === 0) return Promise.resolve(undefined);
  return Promise.resolve(
    `There is no server of ${name}. Install it: apt-get install ${debianPackage}`,
  );
}

/** The problem with PostgreSQL or MariaDB, for the tests of apps on them. */
export async function findDatabaseProblem() {
  return (
    (await findServerProblem('PostgreSQL', postgresBinary(), 'postgresql')) ??
    (await findServerProblem('MariaDB', 'mariadbd', 'mariadb-server'))
  );
}

/** Debian keeps it outside of the PATH. */
function postgresBinary() {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder).map(Number) : [];
  if (versions.length === 0) return 'postgres';
  return join(folder, String(Math.max(...versions)), 'bin/postgres');
}

function acceptsConnections({ hostname, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 2000 });
    const settle = (isConnected) => () => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.on('connect', settle(true)).on('error', settle(false)).on('timeout', settle(false));
  });
}

/**
 * The suites to skip because a service is missing, as path patterns for Jest. The summary at the end
 * of the run lists what is missing (see summary.js).
 *
 * @param {readonly Service[]} services
 * @returns {Promise<string[]>}
 * @throws Error in CI when a service is missing, and everywhere when a listed path matches no spec
 */
export async function findSuitesToSkip(services = SERVICES) {
  assertThatPathsMatch(services.flatMap(({ suites }) => suites));
  const checked = await Promise.all(
    services.map(async ({ findProblem, suites }) => ({ problem: await findProblem(), suites })),
  );
  const missing = checked.filter(({ problem }) => problem !== undefined);
  if (missing.length === 0) return [];
  const lines = missing.map(({ problem, suites }) => {
    return `${suites.map((path) => `test/${path}*`).join(', ')}: ${problem}`;
  });
  if (process.env.CI) throw new Error(`In CI every suite must run.\n${lines.join('\n')}`);
  process.env.SKIPPED_SUITES = lines.join('\n');
  return missing.flatMap(({ suites }) => suites.map((path) => `<rootDir>/test/${path}`));
}

function assertThatPathsMatch(paths) {
  const specs = readdirSync(join(import.meta.dirname, '..'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.spec.ts'));
  const unmatched = paths.filter((path) => !specs.some((spec) => spec.startsWith(path)));
  if (unmatched.length > 0) {
    throw new Error(
      `No spec below test/ starts with ${unmatched.join(', ')}: correct test/support/services.js.`,
    );
  }
}
