import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import { ComplaintListener, type ListenerHost } from './complaint-listener.js';
import { listenerMetadata } from './listener.metadata.js';
import { MODULE_CLASS, type NestModule, visibleModules } from './visible-modules.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds the methods with `@OnComplaint()` of the app. */
@Injectable()
export class ComplaintListenerExplorer {
  private found?: readonly ComplaintListener[];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    @Inject(MODULE_CLASS) private readonly moduleClass: Type,
  ) {}

  /**
   * The listeners that get the notifications of this module. Where an app has several of these modules,
   * a listener in a module that sees one of them hears that one only.
   */
  listeners(): readonly ComplaintListener[] {
    this.found ??= this.explore();
    return this.found;
  }

  /** The prototypes of everything that modules of this app provide, inherited ones included. */
  providedPrototypes(): Set<object> {
    return new Set(this.hosts().flatMap(({ prototype }) => chainOf(prototype)));
  }

  /** Whether this module has a route of its own, whose notifications go to the listeners. */
  hasRoute(): boolean {
    return (this.ownModule()?.controllers.size ?? 0) > 0;
  }

  /**
   * The methods of providers and controllers of which `inspect` finds something, as far as they belong
   * to this module.
   */
  find<Found>(
    inspect: (host: ListenerHost, key: string) => Found | undefined,
  ): { readonly host: ListenerHost; readonly key: string; readonly found: Found }[] {
    const own = this.ownModule();
    const seen = new Set<object>();
    return this.hosts().flatMap((host) => {
      // One object may be provided under several tokens.
      if (seen.has(host.instance) || !this.hears(host.module, own)) return [];
      seen.add(host.instance);
      return this.scanner.getAllMethodNames(host.prototype).flatMap((key) => {
        const found = inspect(host, key);
        return found === undefined ? [] : [{ host, key, found }];
      });
    });
  }

  /** Whether this module itself brings the provider or controller. */
  isOwn({ module }: ListenerHost): boolean {
    return module === this.ownModule();
  }

  private explore(): ComplaintListener[] {
    return this.find(({ prototype }, key) => listenerMetadata(prototype, key)).map(
      ({ host, key, found }) => new ComplaintListener(host, key, found.actionTypes),
    );
  }

  private hears(module: NestModule, own: NestModule | undefined): boolean {
    const visible = visibleModules(module, this.moduleClass);
    return visible.size === 0 || (own !== undefined && visible.has(own));
  }

  private ownModule(): NestModule | undefined {
    return [...this.modules.values()].find(
      (module) => module.getProviderByKey<ModuleRef>(ModuleRef).instance === this.moduleRef,
    );
  }

  private hosts(): ListenerHost[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap((wrapper) => hostOf(wrapper) ?? []);
  }
}

/** Undefined for what is no object of a class, and for a request-scoped factory: it has made nothing yet. */
function hostOf(wrapper: InstanceWrapper): ListenerHost | undefined {
  const { host: module, token } = wrapper;
  const instance: unknown = wrapper.instance;
  if (!module || wrapper.isAlias || typeof instance !== 'object' || instance === null) {
    return undefined;
  }
  const prototype = Reflect.getPrototypeOf(instance);
  if (!prototype) return undefined;
  const isStatic = wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
  return { module, token, prototype, instance, isStatic };
}

function chainOf(prototype: object): object[] {
  const parent = Reflect.getPrototypeOf(prototype);
  return parent ? [prototype, ...chainOf(parent)] : [prototype];
}
