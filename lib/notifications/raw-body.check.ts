import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import {
  type AbstractHttpAdapter,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import { isGuarded } from './guarded-route.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/**
 * Whether the app keeps raw bodies. Nest tells nobody, so the one call that carries the option to
 * the HTTP adapter is watched; it happens while the app initialises.
 */
@Injectable()
export class RawBodyCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** Undefined until, and unless, the adapter's own parsers are registered (`bodyParser: false`). */
  private rawBody?: boolean;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {
    // A ReplaySubject that completes: nothing to unsubscribe from.
    adapterHost.init$.subscribe(() => {
      if (this.adapter) this.watch(this.adapter);
    });
  }

  onApplicationBootstrap(): void {
    if (!this.isWanting() || !this.hasRoutes()) return;
    this.logger.error(`Complaint notifications cannot be verified. ${this.advice()}`);
  }

  /** Why the raw body is missing, and the one line that mends it. */
  advice(): string {
    const isFastify = this.adapter?.getType() === 'fastify';
    if (this.rawBody === false || isFastify) {
      return (
        'A signature is over the exact bytes of the body, which this app does not keep: ' +
        (isFastify
          ? 'NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true }), without bodyParser: false'
          : 'NestFactory.create(AppModule, { rawBody: true })')
      );
    }
    return (
      'A body parser of this app consumes the bytes before they can be kept: remove ' +
      'app.use(express.json()) or app.use(bodyParser.json()); Nest has its own, with { rawBody: true }'
    );
  }

  /**
   * Whether raw bodies are missing for certain. With `bodyParser: false` Express leaves the stream
   * unread, so that it can still be read.
   */
  private isWanting(): boolean {
    if (!this.adapter) return false;
    return this.rawBody === undefined ? this.adapter.getType() === 'fastify' : !this.rawBody;
  }

  /** Its type promises one, but an app without HTTP has none. */
  private get adapter(): AbstractHttpAdapter | null | undefined {
    return this.adapterHost.httpAdapter;
  }

  /** Whether any controller, or method of one, uses the guard or a subclass of it. */
  private hasRoutes(): boolean {
    return this.discovery.getControllers().some(({ metatype }) => {
      if (typeof metatype !== 'function') return false;
      const prototype = metatype.prototype as Record<string, unknown>;
      const methods = this.scanner.getAllMethodNames(prototype).map((name) => prototype[name]);
      return [metatype, ...methods].some(isGuarded);
    });
  }

  private watch(adapter: AbstractHttpAdapter): void {
    const register = adapter.registerParserMiddleware.bind(adapter);
    adapter.registerParserMiddleware = (prefix?: string, rawBody?: boolean): void => {
      this.rawBody = rawBody === true;
      register(prefix, rawBody);
    };
  }
}
