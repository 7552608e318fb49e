import type {
  DynamicModule,
  INestApplication,
  ModuleMetadata,
  NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RecordingLogger } from './recording-logger.js';

export type AdapterName = 'express' | 'fastify';

export const ADAPTERS: readonly AdapterName[] = ['express', 'fastify'];

export interface StartAppOptions extends ModuleMetadata {
  readonly adapter?: AdapterName;
  readonly nest?: NestApplicationOptions;
  readonly logger?: RecordingLogger;
  /** Runs before the app initialises, where a real main.ts would call `app.use...()`. */
  readonly configure?: (app: INestApplication) => void;
}

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly logger: RecordingLogger;
}

const running: INestApplication[] = [];

/** A real app on a free loopback port. `closeApps` closes it. */
export async function startApp({
  adapter = 'express',
  nest = { rawBody: true },
  logger = new RecordingLogger(),
  configure,
  ...metadata
}: StartAppOptions): Promise<RunningApp> {
  class AppModule {}
  const root: DynamicModule = { module: AppModule, ...metadata };
  const app = await NestFactory.create(
    root,
    adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    { logger, abortOnError: false, ...nest },
  );
  running.push(app);
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), logger };
}

/** The error with which an app fails to start. Fails when the app starts. */
export async function startupError(options: StartAppOptions): Promise<Error> {
  try {
    await startApp(options);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('The app started.');
}

export async function closeApps(): Promise<void> {
  await Promise.all(running.splice(0).map((app) => app.close()));
}
