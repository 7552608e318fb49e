import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { isGuarded } from './route.metadata.js';

/** A method of a controller that receives notifications. */
export interface NotificationRoute {
  readonly controller: Type;
  /** Nest's module of the controller. */
  readonly host?: object;
  /** Name of the method. */
  readonly key: string;
  readonly method: object;
  /** For messages: `ComplaintsController.handle`. */
  readonly name: string;
}

/** Finds the routes of the app that receive notifications. */
@Injectable()
export class RouteExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Every method with the guard or a subclass of it, on the method or on its class. */
  guarded(): NotificationRoute[] {
    return this.discovery.getControllers().flatMap(({ metatype, host }) => {
      if (!isClass(metatype)) return [];
      const prototype = metatype.prototype as Readonly<Record<string, unknown>>;
      return this.scanner.getAllMethodNames(prototype).flatMap((key) => {
        const method = prototype[key];
        if (typeof method !== 'function' || !(isGuarded(method) || isGuarded(metatype))) return [];
        return [{ controller: metatype, host, key, method, name: `${metatype.name}.${key}` }];
      });
    });
  }
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function';
}
