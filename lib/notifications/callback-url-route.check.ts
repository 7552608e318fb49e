import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { type NotificationRoute, RouteExplorer } from './route.explorer.js';
import { PATH_METADATA } from './route.metadata.js';

/** Warns at startup when no route of this app serves the path of the option `callbackUrl`. */
@Injectable()
export class CallbackUrlRouteCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    private readonly registry: MerchantRegistry,
    private readonly routes: RouteExplorer,
  ) {}

  onApplicationBootstrap(): void {
    const paths = this.routes.guarded().flatMap(pathsOf);
    const unserved = this.registry
      .list()
      .map(({ options }) => options.callbackUrl)
      .filter((url) => url !== undefined)
      .filter((url) => !isServed(url, paths));
    const [first, ...others] = unserved;
    if (first === undefined) return;
    const known = paths.length === 0 ? 'none' : paths.join(', ');
    const more = others.length > 0 ? ` and ${others.length} others` : '';
    this.logger.warn(
      `No complaint notification route of this app ends like callbackUrl ${first}${more} ` +
        `(routes: ${known}). WeChat Pay would get 404. Ignore this if another app serves the URL.`,
    );
  }
}

function isServed(callbackUrl: string, paths: readonly string[]): boolean {
  const url = segmentsOf(new URL(callbackUrl).pathname);
  return paths.some((path) => isPattern(path) || isSuffix(segmentsOf(path), url));
}

/** Paths of the controller and of the method, joined; each may be a list. */
export function pathsOf({ controller, method }: NotificationRoute): string[] {
  const prefixes = listOf(Reflect.getMetadata(PATH_METADATA, controller));
  const paths = listOf(Reflect.getMetadata(PATH_METADATA, method));
  return prefixes.flatMap((prefix) =>
    paths.map((path) => `/${segmentsOf(`${prefix}/${path}`).join('/')}`),
  );
}

function listOf(paths: unknown): string[] {
  return [paths].flat().filter((path) => typeof path === 'string');
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** Wildcards, optional parts and regular expressions: the adapters match them each in a way of its own. */
function isPattern(path: string): boolean {
  return /[*{(?]/.test(path);
}

/** A global prefix, a version or a proxy may add segments before those of the route. */
function isSuffix(route: readonly string[], url: readonly string[]): boolean {
  const tail = url.slice(Math.max(0, url.length - route.length));
  return (
    tail.length === route.length &&
    route.every((segment, index) => segment.includes(':') || segment === tail[index])
  );
}
