import type { ControllerOptions } from '@nestjs/common';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';

/** A path, or several, with a version as of `@Controller()`. */
export interface ComplaintRouteOptions extends Pick<ControllerOptions, 'version'> {
  /** With or without a slash before it. */
  path: string | string[];
}

/** The path of the route that the module brings, or the path with a version of its own. */
export type ComplaintRoute = string | ComplaintRouteOptions;

/** What is wrong with the setting `route`. Undefined means that there is no route. */
export function routeProblems(route: unknown): ConfigurationProblem[] {
  if (route === undefined) return [];
  const paths: unknown[] = [isJsonObject(route) ? route.path : route].flat();
  const wrong = paths.filter((path) => typeof path !== 'string' || path === '');
  if (paths.length > 0 && wrong.length === 0) return [];
  const isEmpty = paths.length === 0 || wrong[0] === '';
  return [
    {
      option: isJsonObject(route) ? 'route.path' : 'route',
      problem: isEmpty ? 'is empty' : `is of type ${typeName(wrong[0])}`,
      fix: "Give a path such as 'wechatpay/complaints', or remove it.",
    },
  ];
}
