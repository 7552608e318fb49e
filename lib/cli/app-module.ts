import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ConsoleLogger,
  type DynamicModule,
  type INestApplicationContext,
  type LogLevel,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { isJsonObject } from '../utils/json.js';
import { CommandError, EXIT } from './exit-codes.js';
import { reasonOf } from './files.js';

type RootModule = Type | DynamicModule;

/**
 * Starts an app of the user without its HTTP server. Its log goes to stderr.
 *
 * @param reference `FILE` with the root module as its default export, or `FILE#Export`; relative to the
 * working directory
 * @throws CommandError if the file or the export is not there, or the app does not start
 * @throws WechatPayError with which the module refuses to start
 */
export async function startAppOf(reference: string): Promise<INestApplicationContext> {
  const root = await loadRootModule(reference);
  try {
    return await NestFactory.createApplicationContext(root, {
      logger: new StderrLogger(),
      abortOnError: false,
    });
  } catch (cause) {
    if (cause instanceof WechatPayError) throw cause;
    throw unusable(`The app of --module ${reference} does not start: ${reasonOf(cause)}`, cause);
  }
}

async function loadRootModule(reference: string): Promise<RootModule> {
  const { file, name } = split(reference);
  const exports = await load(file);
  const found = exports.get(name);
  if (isRootModule(found)) return found;
  const names = [...exports]
    .filter(([, value]) => isRootModule(value))
    .map(([exported]) => exported);
  throw unusable(
    `--module ${file} exports no module as ${name}.` +
      (names.length > 0 ? ` It exports: ${names.join(', ')}. Give --module ${file}#NAME.` : ''),
  );
}

function split(reference: string): { file: string; name: string } {
  const hash = reference.lastIndexOf('#');
  return hash === -1
    ? { file: reference, name: 'default' }
    : { file: reference.slice(0, hash), name: reference.slice(hash + 1) };
}

/** Exports by name. Node puts those of a CommonJS file below `default`, and finds only some by name. */
async function load(file: string): Promise<Map<string, unknown>> {
  let namespace: unknown;
  try {
    namespace = await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw unusable(`--module ${file} cannot be loaded: ${reasonOf(cause)}`, cause);
  }
  const own = isJsonObject(namespace) ? namespace : {};
  const below = isJsonObject(own.default) && !isRootModule(own.default) ? own.default : {};
  return new Map(Object.entries({ ...own, ...below }));
}

function isRootModule(value: unknown): value is RootModule {
  return typeof value === 'function' || (isJsonObject(value) && typeof value.module === 'function');
}

function unusable(message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.configuration, message, { cause });
}

/** The logger of Nest, all of whose lines go to stderr: stdout is for the result of the command. */
class StderrLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    logLevel?: LogLevel,
  ): void {
    super.printMessages(messages, context, logLevel, 'stderr');
  }
}
