import { Injectable, Logger } from '@nestjs/common';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { PARAMETERS_METADATA } from '../notifications/route.metadata.js';
import { isJsonObject } from '../utils/json.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { documentedActionLike } from './action-types.js';
import type { ComplaintListener } from './complaint-listener.js';
import { ComplaintListenerExplorer } from './complaint-listener.explorer.js';
import { prototypesWithListeners } from './listener.metadata.js';

/** With the id of a notification, at most 128 characters, it becomes a key of stores. */
const MAX_NAME_LENGTH = 120;

/** Finds mistakes in the methods with `@OnComplaint()`. Runs once, when the app starts. */
@Injectable()
export class ListenerCheck {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly explorer: ComplaintListenerExplorer) {}

  /** What keeps listeners from working, or from being remembered apart. */
  problems(): ConfigurationProblem[] {
    const byName = new Map<string, ComplaintListener[]>();
    for (const listener of this.explorer.listeners()) {
      byName.set(listener.name, [...(byName.get(listener.name) ?? []), listener]);
    }
    return [...byName].flatMap(([option, listeners]) =>
      problemsOf(option, listeners).map(([problem, fix]) => ({ option, problem, fix })),
    );
  }

  /** Logs what is most likely a mistake about the notifications of this module. */
  warn(): void {
    const listeners = this.explorer.listeners();
    if (listeners.length === 0 && this.explorer.hasRoute()) {
      this.logger.warn(
        'The route of WechatPayComplaintModule accepts notifications, but no provider or controller of this app ' +
          'has a method with @OnComplaint(), so nothing is done about them.',
      );
    }
    for (const { name, actionTypes } of listeners) {
      for (const actionType of actionTypes) {
        const meant = documentedActionLike(actionType);
        if (meant === undefined) continue;
        this.logger.warn(
          `${name} listens for ${actionType}, which is not documented. Did you mean ${meant}?`,
        );
      }
    }
  }

  /** Logs which classes the app has forgotten to provide. Concerns all modules of the app. */
  warnAboutUnprovided(): void {
    const provided = this.explorer.providedPrototypes();
    for (const prototype of prototypesWithListeners()) {
      if (provided.has(prototype)) continue;
      const { name } = prototype.constructor;
      this.logger.warn(
        `${name} has @OnComplaint(), but no module of this app has it among its providers or controllers, ` +
          `so it gets no notifications. Add ${name} to the providers of a module.`,
      );
    }
  }
}

function problemsOf(
  name: string,
  listeners: readonly ComplaintListener[],
): [problem: string, fix: string][] {
  const problems: [problem: string, fix: string][] = [];
  if (name.startsWith('.')) {
    problems.push([
      'has @OnComplaint(), but its class has no name, which the store needs to remember it',
      'Give the class a name.',
    ]);
  }
  if (name.length > MAX_NAME_LENGTH) {
    problems.push([
      `has @OnComplaint() and a name of more than ${MAX_NAME_LENGTH} characters, too long for the key under which the store remembers it`,
      'Shorten the name of the class or of the method.',
    ]);
  }
  if (listeners.length > 1) {
    problems.push([
      `has @OnComplaint() and is there ${listeners.length} times, in ${listeners.map(({ module }) => module).join(' and ')}, ` +
        'and the store could not tell them apart, because it remembers them by this name',
      'Provide the class in one module that exports it. If these are two classes, rename one.',
    ]);
  }
  if (listeners.some(({ host, key }) => hasParameterDecorators(host.prototype, key))) {
    problems.push([
      'has @OnComplaint() and a parameter with a decorator, which works in a route only',
      'Take one parameter without a decorator: it is the ComplaintNotificationPayload.',
    ]);
  }
  return problems;
}

function hasParameterDecorators({ constructor }: object, key: string): boolean {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS_METADATA, constructor, key);
  return isJsonObject(parameters) && Object.keys(parameters).length > 0;
}
