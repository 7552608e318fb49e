import { isGeneratorFunction } from 'node:util/types';
import { createParamDecorator, type ExecutionContext, HttpStatus } from '@nestjs/common';
import { isInTransaction } from './in-transaction.decorator.js';
import {
  findNotification,
  missingNotification,
  type ReceivedNotification,
} from './received-notification.js';
import {
  COMPLAINT_NOTIFICATION_ROUTE_METADATA,
  isComplaintNotificationRoute,
  PARAMETER_TYPES_METADATA,
  PARAMETERS_METADATA,
} from './route.metadata.js';
import { settleResult } from './settle-result.js';

/** What the wrapper needs of a request. */
class Delivery {
  constructor(
    /** Undefined when the guard did not run. */
    readonly notification: ReceivedNotification | undefined,
    /** Of Express or Fastify. */
    readonly response: { statusCode: number },
  ) {}
}

const getDelivery = (_data: unknown, context: ExecutionContext): Delivery =>
  new Delivery(findNotification(context.getArgByIndex(0)), context.getArgByIndex(1));

/** A parameter behind those of the app's method. It hands the guard's notification to the wrapper. */
const HiddenParameter = createParamDecorator(getDelivery);

/** Whether Nest's metadata of a parameter is that of the one which the wrapper adds. */
export function isHiddenParameter(metadata: { readonly factory?: unknown }): boolean {
  return metadata.factory === getDelivery;
}

type Method = (...args: unknown[]) => unknown;

/**
 * Replaces a controller's method by one that runs it at most once for each notification and waits
 * until it is done. This takes the place of an interceptor, which costs several times as much. All
 * metadata that the method has by now is copied; decorators that run later apply to the wrapper.
 *
 * A call without the hidden parameter, such as one of a unit test, goes straight to the method.
 */
export function wrapRouteHandler(
  prototype: object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
): void {
  const method = methodOf(prototype, key, descriptor);
  const { parameterCount, transactionIndex, hiddenIndex } = reserveParameter(
    prototype,
    key,
    method,
  );
  const handle = async (instance: unknown, args: unknown[]): Promise<void> => {
    await settleResult(method.apply(instance, args));
  };
  const wrapper: Method = function (this: unknown, ...args) {
    if (args.length <= hiddenIndex) return method.apply(this, args);
    const { notification, response } = deliveryIn(args[hiddenIndex]);
    const inTransaction = isInTransaction(prototype, key);
    const run = (transaction: unknown): Promise<void> => {
      const ownArguments = args.slice(0, parameterCount);
      if (inTransaction) ownArguments[transactionIndex] = transaction;
      return handle(this, ownArguments);
    };
    return notification.process([{ inTransaction, handle: run }]).then(() => {
      // Whatever a decorator or the method has set: the notification counts as handled.
      response.statusCode = HttpStatus.NO_CONTENT;
    });
  };
  for (const metadataKey of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(metadataKey, Reflect.getOwnMetadata(metadataKey, method), wrapper);
  }
  Reflect.defineMetadata(COMPLAINT_NOTIFICATION_ROUTE_METADATA, true, wrapper);
  Object.defineProperties(wrapper, {
    name: { value: method.name, configurable: true },
    length: { value: method.length, configurable: true },
  });
  descriptor.value = wrapper;
  // A decorator that is called by hand gets a copy of the descriptor. Without this, the class would
  // keep the bare method, which has no guard.
  Object.defineProperty(prototype, key, descriptor);
}

/** @throws Error when the guard did not run */
function deliveryIn(argument: unknown): Delivery & { readonly notification: ReceivedNotification } {
  const { notification, response } = argument instanceof Delivery ? argument : {};
  if (!notification || !response) throw missingNotification();
  return { notification, response };
}

/** @throws TypeError when Nest would make no route of it, or one whose code never runs */
function methodOf(prototype: object, key: string | symbol, { value }: PropertyDescriptor): Method {
  const fail = (problem: string): never => {
    const owner = typeof prototype === 'function' ? prototype : prototype.constructor;
    throw new TypeError(`@ComplaintNotification() on ${owner.name}.${String(key)}: ${problem}`);
  };
  if (!isMethod(value)) return fail('this is not a method.');
  if (typeof prototype === 'function') return fail('Nest makes no route of a static method.');
  if (typeof key === 'symbol') return fail('Nest makes no route of a method named by a symbol.');
  if (isGeneratorFunction(value)) {
    return fail('this is a generator, whose code would never run. Use an async method.');
  }
  if (isComplaintNotificationRoute(value)) return fail('it is there twice. Remove one.');
  return value;
}

/**
 * Decorators of parameters run before those of their method, so the app's own are all known here.
 * Parameters with a default value count for the hidden index alone: a unit test may pass them, and
 * Nest does not.
 */
function reserveParameter(
  prototype: object,
  key: string | symbol,
  method: Method,
): ReservedParameters {
  const { constructor } = prototype;
  const inherited: unknown = Reflect.getMetadata(PARAMETERS_METADATA, constructor, key);
  // A subclass that overrides the method inherits the hidden parameter of the overridden one.
  const parameters = Object.entries(isRecord(inherited) ? inherited : {}).filter(
    ([, parameter]) => !isRecord(parameter) || !isHiddenParameter(parameter),
  );
  Reflect.defineMetadata(PARAMETERS_METADATA, Object.fromEntries(parameters), constructor, key);
  const indexes = parameters.map(([, parameter]) =>
    isRecord(parameter) ? Number(parameter.index) : -1,
  );
  const parameterCount = Math.max(method.length, ...indexes.map((index) => index + 1));
  const types: unknown = Reflect.getOwnMetadata(PARAMETER_TYPES_METADATA, prototype, key);
  const hiddenIndex = Math.max(parameterCount, Array.isArray(types) ? types.length : 0);
  HiddenParameter()(prototype, key, hiddenIndex);
  let transactionIndex = 0;
  while (indexes.includes(transactionIndex)) transactionIndex += 1;
  return { parameterCount, transactionIndex, hiddenIndex };
}

interface ReservedParameters {
  /** How many parameters the app's method has. */
  readonly parameterCount: number;
  /** The first parameter without a decorator, to which Nest gives nothing. */
  readonly transactionIndex: number;
  readonly hiddenIndex: number;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
