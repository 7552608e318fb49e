import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PagedObservable, WechatPayNetworkError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { Observable, take, tap } from 'rxjs';
import { closeAll, valuesOf } from '../../support/client-bench.js';
import { type ServedResponse, startComplaintBench } from '../../support/complaint-server.js';
import {
  collected,
  complaintsOf,
  idsOf,
  offsetsOf,
  pageOf,
  RANGE,
} from '../../support/complaint-pages.js';
import { deferred } from '../../support/deferred.js';
import { until } from '../../support/until.js';

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

describe('A PagedObservable', () => {
  it('is an Observable', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(60), call));
    const all = bench.complaints.listAll(RANGE);

    expect(all).toBeInstanceOf(PagedObservable);
    expect(all).toBeInstanceOf(Observable);
    expect(idsOf(await valuesOf(all.pipe(take(2))))).toEqual(['0', '1']);
    expect(bench.calls).toHaveLength(1);
  });

  it('is cold: it asks anew for each subscriber and each loop', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(1), call));
    const all = bench.complaints.listAll(RANGE);
    expect(bench.calls).toEqual([]);
    await valuesOf(all);
    await collected(all);
    await collected(all);

    expect(bench.calls).toHaveLength(3);
  });
});

describe('The next page', () => {
  it('is requested when the loop gets there', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(120), call));
    const iterator = bench.complaints.listAll(RANGE)[Symbol.asyncIterator]();

    for (let count = 1; count <= 50; count += 1) await iterator.next();
    // A page that was requested before this one would have arrived before it.
    await valuesOf(bench.complaints.list({ ...RANGE, limit: 1, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
    await iterator.next();
    expect(offsetsOf(bench)).toEqual([0, 7, 50]);
  });

  it('is requested for a subscriber when all of the previous one was emitted', async () => {
    const emitted: number[] = [];
    let count = 0;
    const bench = await startComplaintBench(merchant, (call) => {
      emitted.push(count);
      return pageOf(complaintsOf(120), call);
    });
    const counted = tap(() => {
      count += 1;
    });
    await valuesOf(bench.complaints.listAll(RANGE).pipe(counted));

    expect(emitted).toEqual([0, 50, 100]);
  });

  it('is not requested after break', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(120), call));
    for await (const { complaint_id } of bench.complaints.listAll(RANGE)) {
      if (complaint_id === '49') break;
    }

    await valuesOf(bench.complaints.list({ ...RANGE, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
  });

  it('is not requested after an error in the loop', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(120), call));
    const loop = async (): Promise<void> => {
      for await (const { complaint_id } of bench.complaints.listAll(RANGE)) {
        if (complaint_id === '49') throw new Error('in the loop');
      }
    };

    await expect(loop()).rejects.toThrow('in the loop');
    await valuesOf(bench.complaints.list({ ...RANGE, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
  });

  it('ends the list with its error, after the items of the previous pages', async () => {
    const bench = await startComplaintBench(merchant, (call, index) =>
      index === 1
        ? { status: 403, json: { code: 'NO_AUTH', message: '无权限' } }
        : pageOf(complaintsOf(120), call),
    );
    const seen: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const { complaint_id } of bench.complaints.listAll(RANGE)) seen.push(complaint_id);
    };

    await expect(loop()).rejects.toMatchObject({ code: 'NO_AUTH' });
    expect(seen).toHaveLength(50);

    const errors: unknown[] = [];
    bench.complaints.listAll({ ...RANGE, end_date: 'never' }).subscribe({
      error: (error: unknown) => errors.push(error),
    });
    await until(() => errors.length === 1);
    expect(errors).toMatchObject([{ code: 'INVALID_ARGUMENT', field: 'end_date' }]);
  });
});

describe('A page that is being requested', () => {
  /** The second page never arrives. */
  async function startHanging() {
    const hanging = deferred<ServerResponse>();
    const bench = await startComplaintBench(merchant, (call, index): ServedResponse => {
      return index === 1 ? hanging.resolve : pageOf(complaintsOf(120), call);
    });
    return { ...bench, hanging: hanging.promise };
  }

  it('is aborted by unsubscribing', async () => {
    const { complaints, hanging } = await startHanging();
    const seen: string[] = [];
    const subscription = complaints.listAll(RANGE).subscribe(({ complaint_id }) => {
      seen.push(complaint_id);
    });
    const closed = once(await hanging, 'close');
    subscription.unsubscribe();

    await closed;
    expect(seen).toHaveLength(50);
  });

  it('is aborted by the return of the iterator, which is done then', async () => {
    const { complaints, hanging } = await startHanging();
    const iterator = complaints.listAll(RANGE)[Symbol.asyncIterator]();
    for (let count = 1; count <= 50; count += 1) await iterator.next();
    const pending = iterator.next();
    const closed = once(await hanging, 'close');

    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await closed;
  });

  it('is aborted by the signal of the config, which is an error', async () => {
    const { complaints, hanging } = await startHanging();
    const aborter = new AbortController();
    const all = collected(complaints.listAll(RANGE, { signal: aborter.signal }));
    const closed = once(await hanging, 'close');
    aborter.abort();

    await expect(all).rejects.toBeInstanceOf(WechatPayNetworkError);
    await expect(all).rejects.toMatchObject({ code: 'ABORTED' });
    await closed;
  });
});
