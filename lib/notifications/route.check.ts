import { Injectable, Logger, RequestMethod } from '@nestjs/common';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { isPayloadParameter } from './complaint-payload.decorator.js';
import { type NotificationRoute, RouteExplorer } from './route.explorer.js';
import {
  HTTP_CODE_METADATA,
  isComplaintNotificationRoute,
  METHOD_METADATA,
  PARAMETERS_METADATA,
  PATH_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  SSE_METADATA,
} from './route.metadata.js';

/** Nest's numbers of the built-in parameters, which begin the keys of their metadata. */
const RESPONSE = '1:';
const NEXT = '2:';
const BODY = '3:';

/** Decorators that send something else than 204, and the key of what they set. */
const RESPONSE_DECORATORS = [
  ['@Redirect()', REDIRECT_METADATA],
  ['@Render()', RENDER_METADATA],
  ['@Sse()', SSE_METADATA],
] as const;

/** Finds mistakes in the routes with `@ComplaintNotification()`. Runs once, when the app starts. */
@Injectable()
export class RouteCheck {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly routes: RouteExplorer) {}

  /** What keeps a route from working. */
  problems(): ConfigurationProblem[] {
    return this.decorated().flatMap((route) =>
      problemsOf(route).map(([problem, fix]) => ({ option: route.name, problem, fix })),
    );
  }

  /** Logs what is most likely a mistake. */
  warn(): void {
    for (const route of this.decorated()) {
      const parameters = parametersOf(route);
      const takesBody = parameters.some(([key]) => key.startsWith(BODY));
      const takesPayload = parameters.some(([, parameter]) => isPayloadParameter(parameter));
      if (takesBody && !takesPayload) {
        this.logger.warn(
          `${route.name} takes @Body(), which is the encrypted notification. ` +
            'Use @ComplaintPayload() for the decrypted one.',
        );
      }
    }
  }

  private decorated(): NotificationRoute[] {
    return this.routes.guarded().filter(({ method }) => isComplaintNotificationRoute(method));
  }
}

function problemsOf(route: NotificationRoute): [problem: string, fix: string][] {
  const metadata = (key: string): unknown => Reflect.getMetadata(key, route.method);
  const parameters = parametersOf(route);
  const problems: [problem: string, fix: string][] = [];
  if (metadata(PATH_METADATA) === undefined) {
    problems.push([
      'has @ComplaintNotification(), but is no route',
      "Add @Post('wechatpay/complaints').",
    ]);
  } else if (metadata(METHOD_METADATA) !== RequestMethod.POST) {
    problems.push(['is no POST route', 'WeChat Pay sends notifications by POST: use @Post().']);
  }
  const code = metadata(HTTP_CODE_METADATA);
  if (code !== 204) {
    problems.push([
      `responds with ${String(code)} on success`,
      'WeChat Pay expects 204 or 200: remove @HttpCode().',
    ]);
  }
  for (const [decorator, key] of RESPONSE_DECORATORS) {
    if (metadata(key) === undefined) continue;
    problems.push([
      `has ${decorator}, which sends another response than 204`,
      `Remove ${decorator}.`,
    ]);
  }
  const isPassthrough = Reflect.getMetadata(
    RESPONSE_PASSTHROUGH_METADATA,
    route.controller,
    route.key,
  ) as unknown;
  if (isPassthrough !== true && parameters.some(([key]) => key.startsWith(RESPONSE))) {
    problems.push([
      'takes @Res() without passthrough, so that Nest would never send the response',
      'Use @Res({ passthrough: true }), or remove the parameter.',
    ]);
  }
  if (parameters.some(([key]) => key.startsWith(NEXT))) {
    problems.push([
      'takes @Next(), so that Nest would never send the response',
      'Remove the parameter.',
    ]);
  }
  return problems;
}

function parametersOf({ controller, key }: NotificationRoute): [key: string, value: JsonObject][] {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS_METADATA, controller, key);
  if (!isJsonObject(parameters)) return [];
  return Object.entries(parameters).filter((entry): entry is [string, JsonObject] =>
    isJsonObject(entry[1]),
  );
}
