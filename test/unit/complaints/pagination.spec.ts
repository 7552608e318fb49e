import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Complaint,
  type Page,
  PagedObservable,
  WechatPayApiError,
  WechatPayNetworkError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { Observable, of, take, tap } from 'rxjs';
import { allItems, splitRange } from '../../../lib/complaints/pagination.js';
import { closeAll, valuesOf } from '../../support/client-bench.js';
import {
  type ComplaintBench,
  type ReceivedCall,
  type ServerAnswer,
  startComplaintBench,
} from '../../support/complaint-server.js';
import { deferred } from '../../support/deferred.js';
import { until } from '../../support/until.js';
import {
  COMPLAINT,
  COMPLAINT_ID,
  COMPLAINTS_PATH,
  ENTRY,
} from '../../support/complaint-samples.js';

const RANGE = { begin_date: '2019-01-01', end_date: '2019-01-30' };

function complaint(id: number): Complaint {
  return { ...COMPLAINT, complaint_id: String(id) };
}

function complaints(count: number): Complaint[] {
  return Array.from({ length: count }, (_, index) => complaint(index));
}

const idsOf = (items: readonly Complaint[]) => items.map(({ complaint_id }) => complaint_id);

/** The page that a call asks for. */
function pageOf<T>(all: readonly T[], { target }: ReceivedCall): { json: Page<T> } {
  const { searchParams } = new URL(target, 'http://localhost');
  const [limit, offset] = [Number(searchParams.get('limit')), Number(searchParams.get('offset'))];
  const data = all.slice(offset, offset + limit);
  return { json: { data, limit, offset, total_count: all.length } };
}

const offsetsOf = ({ calls }: ComplaintBench) =>
  calls.map(({ target }) => Number(new URL(target, 'http://localhost').searchParams.get('offset')));

async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

describe('Windows of a range', () => {
  const days = ({ begin_date, end_date }: typeof RANGE) =>
    (Date.parse(end_date) - Date.parse(begin_date)) / 86_400_000 + 1;

  it.each([
    ['2019-01-01', '2019-01-01', [1]],
    ['2019-01-01', '2019-01-30', [30]],
    ['2019-01-01', '2019-01-31', [30, 1]],
    ['2019-12-15', '2020-03-15', [30, 30, 30, 2]],
    ['2019-01-01', '2019-12-31', [...Array<number>(12).fill(30), 5]],
  ])('from %s to %s have %j days', (begin_date, end_date, lengths) => {
    const windows = splitRange({ begin_date, end_date });

    expect(windows.map(days)).toEqual(lengths);
    expect(windows[0]?.begin_date).toBe(begin_date);
    expect(windows.at(-1)?.end_date).toBe(end_date);
    for (const [index, window] of windows.slice(1).entries()) {
      const gap = Date.parse(window.begin_date) - Date.parse(windows[index]?.end_date ?? '');
      expect(gap).toBe(86_400_000);
    }
  });

  it('keep the merchant that is asked for', () => {
    expect(splitRange({ ...RANGE, complainted_mchid: '1' })).toEqual([
      { ...RANGE, complainted_mchid: '1' },
    ]);
  });
});

describe('All complaints', () => {
  it('come from every window and every page, in order', async () => {
    const all = complaints(60);
    const bench = await startComplaintBench(merchant, (call) =>
      pageOf(call.target.includes('begin_date=2019-01-31') ? [complaint(100)] : all, call),
    );
    const range = { begin_date: '2019-01-01', end_date: '2019-02-01', complainted_mchid: '19' };

    expect(idsOf(await valuesOf(bench.complaints.listAll(range)))).toEqual(
      idsOf([...all, complaint(100)]),
    );
    expect(bench.calls.map(({ target }) => target)).toEqual(
      [
        'limit=50&offset=0&begin_date=2019-01-01&end_date=2019-01-30',
        'limit=50&offset=50&begin_date=2019-01-01&end_date=2019-01-30',
        'limit=50&offset=0&begin_date=2019-01-31&end_date=2019-02-01',
      ].map((query) => `${COMPLAINTS_PATH}?${query}&complainted_mchid=19`),
    );
  });

  it('are the same by for await', async () => {
    const all = complaints(120);
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));

    expect(idsOf(await collected(bench.complaints.listAll(RANGE)))).toEqual(idsOf(all));
    expect(offsetsOf(bench)).toEqual([0, 50, 100]);
  });

  it('are none where there are none', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf([], call));

    expect(await valuesOf(bench.complaints.listAll(RANGE))).toEqual([]);
    expect(offsetsOf(bench)).toEqual([0]);
  });

  it('come once although new ones shift the pages', async () => {
    const all = complaints(100);
    const bench = await startComplaintBench(merchant, (call) => {
      const answer = pageOf(all, call);
      // Newest first: every page that is read, three more are filed.
      all.unshift(...[0, 1, 2].map((n) => complaint(1000 + all.length + n)));
      return answer;
    });

    const ids = idsOf(await valuesOf(bench.complaints.listAll(RANGE)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(idsOf(complaints(100))));
  });

  it('are gone through although a slow reader lets whole pages shift', async () => {
    const all = complaints(100);
    const bench = await startComplaintBench(merchant, (call, index) => {
      if (index === 1) all.unshift(...complaints(150).slice(100));
      return pageOf(all, call);
    });

    expect(await collected(bench.complaints.listAll(RANGE))).toHaveLength(100);
    expect(offsetsOf(bench)).toEqual([0, 50, 100]);
  });

  it('are asked for anew by everyone who wants them', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaints(1), call));
    const all = bench.complaints.listAll(RANGE);
    expect(bench.calls).toEqual([]);
    await valuesOf(all);
    await collected(all);
    await collected(all);

    expect(bench.calls).toHaveLength(3);
  });

  it('are an Observable like any other', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaints(60), call));
    const all = bench.complaints.listAll(RANGE);

    expect(all).toBeInstanceOf(PagedObservable);
    expect(all).toBeInstanceOf(Observable);
    expect(idsOf(await valuesOf(all.pipe(take(2))))).toEqual(['0', '1']);
    expect(bench.calls).toHaveLength(1);
  });
});

describe('The next page', () => {
  it('is asked for only when the loop comes to it', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaints(120), call));
    const iterator = bench.complaints.listAll(RANGE)[Symbol.asyncIterator]();

    for (let count = 1; count <= 50; count += 1) await iterator.next();
    // A call that is made meanwhile would have been overtaken by a page on its way.
    await valuesOf(bench.complaints.list({ ...RANGE, limit: 1, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
    await iterator.next();
    expect(offsetsOf(bench)).toEqual([0, 7, 50]);
  });

  it('is asked for only when all of the one before was emitted', async () => {
    const emitted: number[] = [];
    let count = 0;
    const bench = await startComplaintBench(merchant, (call) => {
      emitted.push(count);
      return pageOf(complaints(120), call);
    });
    const counted = tap(() => {
      count += 1;
    });
    await valuesOf(bench.complaints.listAll(RANGE).pipe(counted));

    expect(emitted).toEqual([0, 50, 100]);
  });

  it('is not asked for when the loop is left by break', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaints(120), call));
    for await (const { complaint_id } of bench.complaints.listAll(RANGE)) {
      if (complaint_id === '49') break;
    }

    await valuesOf(bench.complaints.list({ ...RANGE, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
  });

  it('is not asked for when the loop is left by an error', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaints(120), call));
    const loop = async (): Promise<void> => {
      for await (const { complaint_id } of bench.complaints.listAll(RANGE)) {
        if (complaint_id === '49') throw new Error('mine');
      }
    };

    await expect(loop()).rejects.toThrow('mine');
    await valuesOf(bench.complaints.list({ ...RANGE, offset: 7 }));
    expect(offsetsOf(bench)).toEqual([0, 7]);
  });

  describe('that is under way', () => {
    /** The second page never comes. */
    async function startHanging() {
      const hanging = deferred<ServerResponse>();
      const bench = await startComplaintBench(merchant, (call, index): ServerAnswer => {
        return index === 1 ? hanging.resolve : pageOf(complaints(120), call);
      });
      return { ...bench, hanging: hanging.promise };
    }

    it('is aborted by unsubscribing', async () => {
      const { complaints: service, hanging } = await startHanging();
      const seen: string[] = [];
      const subscription = service.listAll(RANGE).subscribe(({ complaint_id }) => {
        seen.push(complaint_id);
      });
      const closed = once(await hanging, 'close');
      subscription.unsubscribe();

      await closed;
      expect(seen).toHaveLength(50);
    });

    it('is aborted by ending the iteration, which then is done', async () => {
      const { complaints: service, hanging } = await startHanging();
      const iterator = service.listAll(RANGE)[Symbol.asyncIterator]();
      for (let count = 1; count <= 50; count += 1) await iterator.next();
      const pending = iterator.next();
      const closed = once(await hanging, 'close');

      expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
      expect(await pending).toEqual({ done: true, value: undefined });
      await closed;
    });

    it('is aborted by the signal of the config, which is an error', async () => {
      const { complaints: service, hanging } = await startHanging();
      const aborter = new AbortController();
      const all = collected(service.listAll(RANGE, { signal: aborter.signal }));
      const closed = once(await hanging, 'close');
      aborter.abort();

      await expect(all).rejects.toBeInstanceOf(WechatPayNetworkError);
      await expect(all).rejects.toMatchObject({ code: 'ABORTED' });
      await closed;
    });
  });

  it('that fails ends it with the error, after what came before', async () => {
    const bench = await startComplaintBench(merchant, (call, index) =>
      index === 1
        ? { status: 403, json: { code: 'NO_AUTH', message: '无权限' } }
        : pageOf(complaints(120), call),
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

describe('A whole history', () => {
  it('comes page by page of 300', async () => {
    const all = Array.from({ length: 301 }, (_, index) => ({ ...ENTRY, log_id: String(index) }));
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));

    expect(await collected(bench.complaints.historyAll(COMPLAINT_ID))).toEqual(all);
    expect(bench.calls.map(({ target }) => target)).toEqual(
      ['limit=300&offset=0', 'limit=300&offset=300'].map(
        (query) => `${COMPLAINTS_PATH}/${COMPLAINT_ID}/negotiation-historys?${query}`,
      ),
    );
  });
});

describe('Pages that lead to no end', () => {
  const { signal } = new AbortController();

  function read(fetch: (offset: number) => Partial<Page<number>>) {
    const calls: number[] = [];
    const items = allItems<number>(
      {
        name: 'GET /list',
        keyOf: String,
        fetch: (offset) => {
          calls.push(offset);
          return of({ data: [], limit: 2, offset, ...fetch(offset) });
        },
      },
      signal,
    );
    return { items: collected(items), calls };
  }

  async function expectEndless(items: Promise<unknown>, reason: string): Promise<void> {
    await expect(items).rejects.toBeInstanceOf(WechatPayApiError);
    await expect(items).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE', apiMessage: reason });
  }

  it.each([undefined, 6])(
    'are told of when the offset is ignored, total_count %s',
    async (total) => {
      const { items, calls } = read(() => ({ data: [1, 2], total_count: total }));

      await expectEndless(items, 'the same page comes again');
      expect(calls).toEqual([0, 2]);
    },
  );

  it('are told of when the total grows without end', async () => {
    const { items, calls } = read((offset) => ({
      data: [offset, offset + 1],
      total_count: offset + 4,
    }));

    await expectEndless(items, 'there is no end to it after 10000 pages');
    expect(calls).toHaveLength(10_000);
  });

  it('end with a short page of what came before, when there is no total', async () => {
    const { items, calls } = read((offset) => ({ data: offset === 0 ? [2, 1] : [1] }));

    expect(await items).toEqual([2, 1]);
    expect(calls).toEqual([0, 2]);
  });

  it('are read again from where something left the list', async () => {
    let list = [4, 3, 2, 1];
    const { items, calls } = read((offset) => {
      const page = { data: list.slice(offset, offset + 2), total_count: list.length };
      list = [3, 2, 1];
      return page;
    });

    // 2 has moved to where 3 was when the second page was asked for.
    expect(await items).toEqual([4, 3, 1, 2]);
    expect(calls).toEqual([0, 2, 1]);
  });

  it('end at an empty page, whatever the total says', async () => {
    const { items, calls } = read((offset) => ({ data: offset === 0 ? [1] : [], total_count: 9 }));

    expect(await items).toEqual([1]);
    expect(calls).toEqual([0, 1]);
  });

  it('end at an empty page when there is no total', async () => {
    const { items, calls } = read((offset) => ({ data: offset < 4 ? [offset, offset + 1] : [] }));

    expect(await items).toEqual([0, 1, 2, 3]);
    expect(calls).toEqual([0, 2, 4]);
  });
});
