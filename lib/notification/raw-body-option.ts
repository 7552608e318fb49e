import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import {
  type AbstractHttpAdapter,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import { COMPLAINT_NOTIFICATION_METADATA } from './complaint-notification.constants.js';

/**
 * Whether the app keeps raw bodies. Nest tells nobody, so the one call that carries the option to
 * the HTTP adapter is watched; it happens while the app initialises.
 */
@Injectable()
export class RawBodyOption implements OnApplicationBootstrap {
  private readonly logger = new Logger('WechatPayComplaint');
  /** Undefined until, and unless, the adapter's own parsers are registered (`bodyParser: false`). */
  private rawBody?: boolean;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {
    // A ReplaySubject that completes: nothing to unsubscribe from.
    adapterHost.init$.subscribe(() => {
      this.watch(adapterHost.httpAdapter);
    });
  }

  onApplicationBootstrap(): void {
    if (this.isSufficient() || !this.hasRoutes()) return;
    this.logger.error(`Complaint notifications will be refused with 500. ${this.advice()}`);
  }

  /** Why the raw body is missing, and the one line that mends it. */
  advice(): string {
    const isFastify = this.adapterType() === 'fastify';
    if (!this.rawBody) {
      return (
        'The exact bytes of the body are needed to verify a signature, and this app does not keep them: ' +
        (isFastify
          ? 'NestFactory.create(AppModule, new FastifyAdapter(), { rawBody: true })'
          : 'NestFactory.create(AppModule, { rawBody: true })')
      );
    }
    return (
      'rawBody is on, but another body parser consumed the bytes before: ' +
      (isFastify
        ? 'remove your own content type parser for application/json'
        : 'remove app.use(express.json()) or app.use(bodyParser.json()); Nest brings its own')
    );
  }

  /** Express leaves the stream alone with `bodyParser: false`, so that it can still be read. */
  private isSufficient(): boolean {
    const type = this.adapterType();
    return type === undefined || this.rawBody === true
      ? true
      : this.rawBody === undefined && type !== 'fastify';
  }

  /** Undefined in an app without HTTP. */
  private adapterType(): string | undefined {
    const adapter: AbstractHttpAdapter | undefined = this.adapterHost.httpAdapter;
    return (adapter as AbstractHttpAdapter | undefined)?.getType();
  }

  private hasRoutes(): boolean {
    return this.discovery.getControllers().some(({ metatype }) => {
      if (typeof metatype !== 'function') return false;
      const prototype = metatype.prototype as Record<string, unknown>;
      return [
        metatype,
        ...this.scanner.getAllMethodNames(prototype).map((name) => prototype[name]),
      ].some(
        (target) =>
          typeof target === 'function' &&
          Reflect.hasMetadata(COMPLAINT_NOTIFICATION_METADATA, target),
      );
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
