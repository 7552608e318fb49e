import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MariaDbServer, startMariaDb } from '../support/mariadb-server.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { Consumer } from './consumer.js';

describe('An app that remembers notifications in its database', () => {
  let consumer: Consumer;
  let folder: string;

  beforeAll(async () => {
    consumer = await Consumer.of('orms');
    folder = await consumer.add('orms', 'esm');
    // Prisma 7 needs no engine to run. It would download the one for migrations when it generates a client.
    process.env.PRISMA_SCHEMA_ENGINE_BINARY = process.execPath;
    const prisma = consumer.installed('prisma/build/index.js');
    for (const schema of ['postgres.prisma', 'mysql.prisma']) {
      await consumer.node([prisma, 'generate', '--schema', schema], folder);
    }
    // The types of the real clients fit the shapes that the stores take.
    await consumer.tsc(folder, ['-p', 'tsconfig.json']);
  });

  describe('on PostgreSQL', () => {
    let postgres: PostgresServer;

    beforeAll(async () => {
      postgres = await startPostgres();
    });
    afterAll(() => postgres.server.remove());

    async function newDatabase(name: string): Promise<string> {
      const database = name.replaceAll('-', '_');
      const script = `
        import pg from 'pg';
        const client = new pg.Client('${postgres.url}');
        await client.connect();
        await client.query('CREATE DATABASE ${database}');
        await client.end();`;
      await consumer.node(['--input-type=module', '--eval', script]);
      return postgres.url.replace(/postgres$/, database);
    }

    it.each(['typeorm', 'prisma', 'drizzle', 'drizzle-postgres-js', 'knex', 'mikro-orm'])(
      'commits effects and completions together, with %s',
      async (orm) => {
        const url = await newDatabase(orm);
        await expect(
          consumer.node(['dist/main.js', orm, 'postgres', url], folder),
        ).resolves.toContain(`${orm} on postgres: every step succeeded`);
      },
    );

    it('commits them together with a TransactionHost of @nestjs-cls/transactional', async () => {
      const url = await newDatabase('transaction_host');
      await expect(consumer.node(['dist/transaction-host.js', url], folder)).resolves.toContain(
        'TransactionHost: every step succeeded',
      );
    });
  });

  describe('on MariaDB', () => {
    let mariadb: MariaDbServer;

    beforeAll(async () => {
      mariadb = await startMariaDb();
    });
    afterAll(() => mariadb.server.remove());

    it.each(['typeorm', 'prisma', 'drizzle', 'knex'])(
      'commits effects and completions together, with %s',
      async (orm) => {
        const script = `
          import { createConnection } from 'mysql2/promise';
          const connection = await createConnection('${mariadb.url}');
          await connection.query('CREATE DATABASE ${orm}');
          await connection.end();`;
        await consumer.node(['--input-type=module', '--eval', script]);
        const url = mariadb.url.replace(/test$/, orm);
        await expect(consumer.node(['dist/main.js', orm, 'mysql', url], folder)).resolves.toContain(
          `${orm} on mysql: every step succeeded`,
        );
      },
    );
  });
});
