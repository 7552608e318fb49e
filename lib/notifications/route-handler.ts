import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import {
  findNotification,
  missingNotification,
  ReceivedNotification,
} from './received-notification.js';
import {
  COMPLAINT_NOTIFICATION_ROUTE_METADATA,
  isComplaintNotificationRoute,
  PARAMETERS_METADATA,
} from './route.metadata.js';

const getNotification = (
  _data: unknown,
  context: ExecutionContext,
): ReceivedNotification | undefined => findNotification(context.getArgByIndex(0));

/** A parameter behind those of the app's method. It hands the guard's notification to the wrapper. */
const HiddenParameter = createParamDecorator(getNotification);

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
  const method: unknown = descriptor.value;
  if (!isMethod(method)) {
    throw new TypeError(
      `@ComplaintNotification() on ${nameOf(prototype, key)}: this is no method.`,
    );
  }
  if (isComplaintNotificationRoute(method)) {
    throw new TypeError(
      `@ComplaintNotification() is on ${nameOf(prototype, key)} twice: remove one.`,
    );
  }
  const hiddenIndex = reserveParameter(prototype, key, method);
  const wrapper: Method = function (this: unknown, ...args) {
    if (args.length <= hiddenIndex) return method.apply(this, args);
    const notification = args[hiddenIndex];
    if (!(notification instanceof ReceivedNotification)) throw missingNotification();
    return notification.process(async () => {
      const result = await method.apply(this, args.slice(0, hiddenIndex));
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
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
}

/** Decorators of parameters run before those of their method, so the app's own are all known here. */
function reserveParameter(prototype: object, key: string | symbol, method: Method): number {
  const { constructor } = prototype;
  const inherited: unknown = Reflect.getMetadata(PARAMETERS_METADATA, constructor, key);
  // A subclass that overrides the method inherits the hidden parameter of the overridden one.
  const parameters = Object.entries(isRecord(inherited) ? inherited : {}).filter(
    ([, parameter]) => !isRecord(parameter) || parameter.factory !== getNotification,
  );
  Reflect.defineMetadata(PARAMETERS_METADATA, Object.fromEntries(parameters), constructor, key);
  const indexes = parameters.map(([, parameter]) =>
    isRecord(parameter) ? Number(parameter.index) : -1,
  );
  const hiddenIndex = Math.max(method.length, ...indexes.map((index) => index + 1));
  HiddenParameter()(prototype, key, hiddenIndex);
  return hiddenIndex;
}

function nameOf({ constructor }: object, key: string | symbol): string {
  return `${constructor.name}.${String(key)}`;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
