import { type HttpServer, Injectable, Logger } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { isJsonObject } from '../utils/json.js';
import { RouteExplorer } from './route.explorer.js';

/** Names of the middleware of body-parser, which Express and most apps use. */
const PARSERS: readonly unknown[] = ['jsonParser', 'rawParser', 'textParser'];

/**
 * Finds out at startup whether the app keeps raw bodies. Nest does not expose the option `rawBody`, so
 * this watches the one call that hands it to the HTTP adapter, while the app initialises.
 *
 * It logs an error only when the raw body is missing for certain: a parser of the app's own may keep
 * the bytes, and then only a request shows whether it does.
 */
@Injectable()
export class RawBodyCheck {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** Undefined as long as Nest has not registered its parsers: with `bodyParser: false` it never does. */
  private rawBody?: boolean;
  private hasOwnParser = false;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly routes: RouteExplorer,
  ) {
    // A ReplaySubject that completes, so there is nothing to unsubscribe from.
    adapterHost.init$.subscribe(() => {
      if (this.adapter) this.watch(this.adapter);
    });
  }

  /** To be called once all parsers are registered. */
  report(): void {
    if (this.rawBody !== false || this.hasOwnParser || this.routes.guarded().length === 0) return;
    this.logger.error(`Complaint notifications cannot be verified. ${this.advice()}`);
  }

  /** Why the raw body is missing, and what to change. */
  advice(): string {
    const isFastify = this.adapter?.getType() === 'fastify';
    if (isFastify || (this.rawBody === false && !this.hasOwnParser)) {
      return (
        'The signature covers the exact bytes of the body, which this app does not keep. Create it with ' +
        (isFastify
          ? 'NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true }), without bodyParser: false.'
          : 'NestFactory.create(AppModule, { rawBody: true }).')
      );
    }
    return (
      'A body parser of this app consumes the bytes of the body and does not keep them. Remove ' +
      'app.use(express.json()) or app.use(bodyParser.json()): Nest has its own parser and keeps the bytes ' +
      'with { rawBody: true }.'
    );
  }

  /** Its type promises one, but an app without HTTP has none. */
  private get adapter(): AbstractHttpAdapter | null | undefined {
    return this.adapterHost.httpAdapter;
  }

  private watch(adapter: AbstractHttpAdapter): void {
    let isRegistering = false;
    const register = adapter.registerParserMiddleware.bind(adapter);
    adapter.registerParserMiddleware = (prefix?: string, rawBody?: boolean): void => {
      this.rawBody = rawBody === true;
      this.hasOwnParser ||= hasParserMiddleware(adapter);
      isRegistering = true;
      register(prefix, rawBody);
      isRegistering = false;
    };
    // Fastify's `registerParserMiddleware` calls it as well.
    const server: HttpServer = adapter;
    const use = server.useBodyParser?.bind(server);
    if (!use) return;
    server.useBodyParser = (...args: unknown[]): unknown => {
      this.hasOwnParser ||= !isRegistering;
      return use(...args);
    };
  }
}

/** Whether the app has given Express a body parser before Nest registers its own. */
function hasParserMiddleware(adapter: AbstractHttpAdapter): boolean {
  const instance: unknown = adapter.getInstance();
  if (typeof instance !== 'function' || !('router' in instance)) return false;
  const { router } = instance;
  const stack: unknown =
    typeof router === 'function' && 'stack' in router ? router.stack : undefined;
  return (
    Array.isArray(stack) &&
    stack.some(
      (layer: unknown) =>
        isJsonObject(layer) &&
        typeof layer.handle === 'function' &&
        PARSERS.includes(layer.handle.name),
    )
  );
}
