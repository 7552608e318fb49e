import { type Observable, of, throwError } from 'rxjs';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';

/** Everything that is wrong with arguments, by the name of the field. */
export type ArgumentProblems = Readonly<Record<string, readonly string[]>>;

/** @throws WechatPayArgumentError on the first field with problems, with all of its problems */
export function assertArguments(problems: ArgumentProblems): void {
  for (const [field, found] of Object.entries(problems)) {
    if (found.length > 0) throw new WechatPayArgumentError(field, found);
  }
}

/**
 * Emits what `build` makes of the arguments of a method. It is built right away, so that changing the
 * arguments afterwards has no effect. Whatever `build` throws, the Observable fails with.
 */
export function prepared<T>(build: () => T): Observable<T> {
  try {
    return of(build());
  } catch (error) {
    return throwError(() => error);
  }
}
