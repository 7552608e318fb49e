import { isObservable, lastValueFrom } from 'rxjs';

/** Waits until what a handler has returned is done: a value, a promise or an Observable. */
export async function settleResult(returned: unknown): Promise<void> {
  const result = await returned;
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}
