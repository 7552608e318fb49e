import { fromEvent, lastValueFrom, Observable, takeUntil } from 'rxjs';

/** Yields all items, page by page. Ends early, without an error, once the signal is aborted. */
export type ItemSource<T> = (signal: AbortSignal) => AsyncGenerator<T, void, undefined>;

/**
 * The items of a list that comes in pages: a cold Observable that is also an AsyncIterable.
 *
 * - Subscribers get the next page as soon as all of the previous one was emitted. Unsubscribing aborts
 *   the request in progress. Slow operators such as `concatMap` do not slow the reading down: they
 *   buffer what they have not processed yet.
 * - `for await` reads the next page only when the loop gets there, and leaving the loop, by `break` or
 *   by an error, ends the reading. Use it for slow work.
 *
 * `pipe` returns a plain Observable, which is not an AsyncIterable.
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
        // Without this, a generator that is waiting for a page would end only after the page.
        aborter.abort();
        return items.return();
      },
    };
  }
}

/** The last value of an Observable. Undefined once the signal is aborted, which unsubscribes. */
export async function lastValueUnlessAborted<T>(
  source: Observable<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  return lastValueFrom(source.pipe(takeUntil(fromEvent(signal, 'abort'))), {
    defaultValue: undefined,
  });
}
