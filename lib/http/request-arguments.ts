import { defer, type Observable } from 'rxjs';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';

/** What is wrong with arguments, by the name of each. */
export type ArgumentProblems = Readonly<Record<string, readonly string[]>>;

/** @throws WechatPayArgumentError on the first argument with problems, with all of them */
export function assertArguments(problems: ArgumentProblems): void {
  for (const [field, found] of Object.entries(problems)) {
    if (found.length > 0) throw new WechatPayArgumentError(field, found);
  }
}

/** A call that is only made when nothing is wrong with its arguments. */
export function checked<T>(
  problems: () => ArgumentProblems,
  call: () => Observable<T>,
): Observable<T> {
  return defer(() => {
    assertArguments(problems());
    return call();
  });
}
