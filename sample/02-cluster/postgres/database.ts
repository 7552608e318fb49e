import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';

@Global()
@Module({
  providers: [
    {
      provide: Pool,
      useFactory: () => {
        const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
        // Without a listener, an idle connection that breaks ends the process.
        pool.on('error', ({ message }) => {
          console.error(`PostgreSQL: ${message}`);
        });
        return pool;
      },
    },
  ],
  exports: [Pool],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  /** The last hook: handlers that are still running need it. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
