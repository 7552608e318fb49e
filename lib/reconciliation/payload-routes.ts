import { Injectable } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { type ListenerHost, ListenerMethod } from '../listeners/complaint-listener.js';
import { ComplaintListenerExplorer } from '../listeners/complaint-listener.explorer.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import { isPayloadParameter } from '../notifications/complaint-payload.decorator.js';
import { isInTransaction } from '../notifications/in-transaction.decorator.js';
import type { NotificationTask } from '../notifications/received-notification.js';
import { isHiddenParameter } from '../notifications/route-handler.js';
import {
  isComplaintNotificationRoute,
  isGuarded,
  PARAMETERS_METADATA,
} from '../notifications/route.metadata.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';

/** Makes the arguments of a method from a payload, and the transaction if it runs in one. */
type Arguments = (payload: ComplaintNotificationPayload, transaction: unknown) => unknown[];

/** A route that notifications come to, and its arguments if it needs nothing but the payload. */
interface PayloadRoute {
  readonly method: ListenerMethod;
  readonly toArguments?: Arguments;
}

/**
 * Finds the routes for notifications that can be called without a request: methods with
 * `@ComplaintNotification()` all of whose parameters have `@ComplaintPayload()`, without pipes.
 */
@Injectable()
export class PayloadRoutes {
  private found?: readonly PayloadRoute[];

  constructor(private readonly explorer: ComplaintListenerExplorer) {}

  /** Routes that need a request, and so hear of nothing that a sweep finds. */
  others(): string[] {
    return this.routes()
      .filter(({ toArguments }) => !toArguments)
      .map(({ method }) => method.name);
  }

  /** Routes that a sweep can call. */
  names(): string[] {
    return this.feedable().map(({ method }) => method.name);
  }

  /**
   * What is done about a payload: at most one task, because WeChat Pay sends a notification to one
   * route as well.
   */
  tasksFor(payload: ComplaintNotificationPayload): NotificationTask[] {
    return this.feedable()
      .slice(0, 1)
      .map(({ method, toArguments }) => ({
        inTransaction: isInTransaction(method.host.prototype, method.key),
        handle: (transaction) =>
          method.call(toArguments(payload, transaction), ContextIdFactory.create()),
      }));
  }

  private feedable(): Required<PayloadRoute>[] {
    return this.routes().flatMap(({ method, toArguments }) =>
      toArguments ? { method, toArguments } : [],
    );
  }

  private routes(): readonly PayloadRoute[] {
    this.found ??= this.explorer
      .find((host, key) => this.inspect(host, key))
      .map(({ found }) => found);
    return this.found;
  }

  private inspect(host: ListenerHost, key: string): PayloadRoute | undefined {
    const { prototype } = host;
    const method: unknown = Reflect.get(prototype, key);
    if (!isGuarded(method) && !isGuarded(prototype.constructor)) return undefined;
    // The route of the module itself gives everything to the listeners.
    if (this.explorer.isOwn(host)) return undefined;
    return {
      method: new ListenerMethod(host, key),
      toArguments: isComplaintNotificationRoute(method)
        ? argumentsOf(prototype.constructor, key)
        : undefined,
    };
  }
}

function argumentsOf(controller: object, key: string): Arguments | undefined {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS_METADATA, controller, key);
  const given = Object.values(isJsonObject(parameters) ? parameters : {})
    .filter(isJsonObject)
    .filter((parameter) => !isHiddenParameter(parameter));
  if (!given.every(isPlainPayload)) return undefined;
  return (payload, transaction) => {
    const args: unknown[] = [];
    for (const { index, data } of given) {
      args[Number(index)] = typeof data === 'string' ? Reflect.get(payload, data) : payload;
    }
    if (transaction !== undefined) {
      // The first parameter without a decorator.
      const free = args.findIndex((_, index) => !(index in args));
      args[free === -1 ? args.length : free] = transaction;
    }
    return args;
  };
}

function isPlainPayload(parameter: JsonObject): boolean {
  const { pipes } = parameter;
  return isPayloadParameter(parameter) && !(Array.isArray(pipes) && pipes.length > 0);
}
