import { Inject, Injectable, Logger, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { ComplaintListener, type ListenerHost } from './complaint-listener.js';
import { listenerMetadata, prototypesWithListeners } from './listener.metadata.js';
import { MODULE_CLASS, type NestModule, visibleModules } from './visible-modules.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Longest `Class.method`: with the id of a notification it becomes a key of stores. */
const MAX_NAME_LENGTH = 120;

/** Finds the methods with `@OnComplaint()` of the app. */
@Injectable()
export class ComplaintListenerExplorer {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private found?: readonly ComplaintListener[];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    @Inject(MODULE_CLASS) private readonly moduleClass: Type,
  ) {}

  /**
   * The listeners that get the notifications of this module, in the order of Nest's modules. Where an
   * app has several of these modules, a listener whose module imports one of them hears that one only.
   */
  listeners(): readonly ComplaintListener[] {
    this.found ??= this.explore();
    return this.found;
  }

  /** What keeps listeners from being told apart. */
  problems(): ConfigurationProblem[] {
    const names = this.listeners().map(({ name }) => name);
    const problems: ConfigurationProblem[] = [];
    for (const name of new Set(names)) {
      if (!/^[^.]/.test(name)) {
        problems.push({
          option: name,
          problem: 'has @OnComplaint(), but its class has no name to remember it by',
          fix: 'Give the class a name.',
        });
      } else if (name.length > MAX_NAME_LENGTH) {
        problems.push({
          option: name,
          problem: `has @OnComplaint() and a name of more than ${MAX_NAME_LENGTH} characters`,
          fix: 'Shorten the name of the class or the method.',
        });
      } else if (names.indexOf(name) !== names.lastIndexOf(name)) {
        const places = this.listeners().filter((listener) => listener.name === name);
        problems.push({
          option: name,
          problem: `has @OnComplaint() and is there more than once, in ${places.map(({ module }) => module).join(' and ')}`,
          fix: 'Provide the class in one module, which exports it. Rename one of two classes.',
        });
      }
    }
    return problems;
  }

  /** Logs what is most likely a mistake. Concerns the whole app. */
  warn(): void {
    const provided = new Set(this.hosts().flatMap(({ prototype }) => chainOf(prototype)));
    for (const prototype of prototypesWithListeners()) {
      if (provided.has(prototype)) continue;
      const { name } = prototype.constructor;
      this.logger.warn(
        `${name} has @OnComplaint(), but no module of this app has it among its providers or controllers, ` +
          `so it never hears of a notification. Add ${name} to the providers of a module.`,
      );
    }
  }

  private explore(): ComplaintListener[] {
    const own = [...this.modules.values()].find(
      (module) => module.getProviderByKey<ModuleRef>(ModuleRef).instance === this.moduleRef,
    );
    const seen = new Set<object>();
    return this.hosts().flatMap((host) => {
      // A provider under several tokens is one object.
      if (seen.has(host.instance) || !this.hears(host.module, own)) return [];
      seen.add(host.instance);
      return this.scanner.getAllMethodNames(host.prototype).flatMap((key) => {
        const metadata = listenerMetadata(host.prototype, key);
        return metadata ? [new ComplaintListener(host, key, metadata.actionTypes)] : [];
      });
    });
  }

  private hears(module: NestModule, own: NestModule | undefined): boolean {
    const visible = visibleModules(module, this.moduleClass);
    return visible.size === 0 || (own !== undefined && visible.has(own));
  }

  private hosts(): ListenerHost[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].flatMap(
      (wrapper) => hostOf(wrapper) ?? [],
    );
  }
}

/** A provider whose class is known. A request-scoped factory has made nothing yet. */
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
