import { fromEvent, lastValueFrom, Observable, takeUntil } from 'rxjs';

/** All items, page by page. Ends early, in silence, once the signal is raised. */
export type ItemSource<T> = (signal: AbortSignal) => AsyncGenerator<T, void, undefined>;

/**
 * The items of a list that comes in pages. Cold, as an Observable and as an AsyncIterable:
 *
 * - Subscribed to, it asks for a page as soon as it has emitted all of the one before. Unsubscribing
 *   aborts the request that is under way. What works slowly behind it, such as `concatMap`, does not
 *   slow it down: whatever it has not got to is kept by that operator.
 * - By `for await` it asks for a page only when the loop comes to it, and leaving the loop, by
 *   `break` or an error, ends it. This is the way for slow work.
 *
 * `pipe` returns an Observable that is no AsyncIterable any more.
 */
export class PagedObservable<T> extends Observable<T> implements AsyncIterable<T> {
  constructor(private readonly items: ItemSource<T>) {
    super((subscriber) => {
      const aborter = new AbortController();
      const emitAll = async (): Promise<void> => {
        for await (const item of items(aborter.signal)) {
          subscriber.next(item);
          if (subscriber.closed) return;
        }
        subscriber.complete();
      };
      emitAll().catch((error: unknown) => {
        subscriber.error(error);
      });
      return () => {
        aborter.abort();
      };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    const aborter = new AbortController();
    const items = this.items(aborter.signal);
    return {
      next: () => items.next(),
      return: () => {
        // A generator that waits for a page would only end after it.
        aborter.abort();
        return items.return();
      },
    };
  }
}

/** What an Observable emits last; undefined once the signal is raised, which unsubscribes from it. */
export async function lastValueUnlessAborted<T>(
  source: Observable<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  return lastValueFrom(source.pipe(takeUntil(fromEvent(signal, 'abort'))), {
    defaultValue: undefined,
  });
}
