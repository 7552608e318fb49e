import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Page, type UnreadableEntry, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { of } from 'rxjs';
import { allItems } from '../../../lib/complaints/pagination.js';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import {
  collected,
  complaintOf,
  complaintsOf,
  idsOf,
  offsetsOf,
  pageOf,
  pageQueryOf,
  RANGE,
} from '../../support/complaint-pages.js';
import { COMPLAINT_ID, COMPLAINTS_PATH, ENTRY } from '../../support/complaint-samples.js';
import { LIMIT_TOO_LARGE } from '../../support/field-samples.js';

const HISTORY_PATH = `${COMPLAINTS_PATH}/${COMPLAINT_ID}/negotiation-historys`;

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

describe('Reading all complaints', () => {
  it('reads every part of the range and every page, in order', async () => {
    const all = complaintsOf(60);
    const bench = await startComplaintBench(merchant, (call) =>
      pageOf(call.target.includes('begin_date=2019-01-31') ? [complaintOf(100)] : all, call),
    );
    const range = { begin_date: '2019-01-01', end_date: '2019-02-01', complainted_mchid: '19' };

    expect(idsOf(await valuesOf(bench.complaints.listAll(range)))).toEqual(
      idsOf([...all, complaintOf(100)]),
    );
    expect(bench.calls.map(({ target }) => target)).toEqual(
      [
        'limit=50&offset=0&begin_date=2019-01-01&end_date=2019-01-30',
        'limit=50&offset=50&begin_date=2019-01-01&end_date=2019-01-30',
        'limit=50&offset=0&begin_date=2019-01-31&end_date=2019-02-01',
      ].map((query) => `${COMPLAINTS_PATH}?${query}&complainted_mchid=19`),
    );
  });

  it('gives the same with for await', async () => {
    const all = complaintsOf(120);
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));

    expect(idsOf(await collected(bench.complaints.listAll(RANGE)))).toEqual(idsOf(all));
    expect(offsetsOf(bench)).toEqual([0, 50, 100]);
  });

  it.each([
    [0, [0]],
    [1, [0]],
    [50, [0]],
    [51, [0, 50]],
    [100, [0, 50]],
  ])('needs no request more than %d complaints take', async (count, offsets) => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(count), call));

    expect(await valuesOf(bench.complaints.listAll(RANGE))).toHaveLength(count);
    expect(offsetsOf(bench)).toEqual(offsets);
  });

  it('skips what comes again because new complaints move the pages', async () => {
    const all = complaintsOf(100);
    const bench = await startComplaintBench(merchant, (call) => {
      const response = pageOf(all, call);
      // Newest first: while a page is processed, three more are filed.
      all.unshift(...[0, 1, 2].map((n) => complaintOf(1000 + all.length + n)));
      return response;
    });

    const ids = idsOf(await valuesOf(bench.complaints.listAll(RANGE)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(idsOf(complaintsOf(100))));
  });

  it('goes on when a whole page comes again because the reader is slow', async () => {
    const all = complaintsOf(100);
    const bench = await startComplaintBench(merchant, (call, index) => {
      if (index === 1) all.unshift(...complaintsOf(150).slice(100));
      return pageOf(all, call);
    });

    expect(await collected(bench.complaints.listAll(RANGE))).toHaveLength(100);
    expect(offsetsOf(bench)).toEqual([0, 50, 100]);
  });

  it('loses nothing when the list shrinks to exactly one page', async () => {
    const all = complaintsOf(51);
    const bench = await startComplaintBench(merchant, (call, index) => {
      if (index === 1) all.splice(10, 1);
      return pageOf(all, call);
    });

    expect(idsOf(await collected(bench.complaints.listAll(RANGE)))).toEqual(
      idsOf(complaintsOf(51)),
    );
    expect(offsetsOf(bench)).toEqual([0, 50, 0]);
  });

  it('loses nothing when complaints leave in the middle of the list', async () => {
    const all = complaintsOf(120);
    const bench = await startComplaintBench(merchant, (call, index) => {
      if (index === 1 || index === 2) all.splice(0, 2);
      return pageOf(all, call);
    });

    const ids = idsOf(await collected(bench.complaints.listAll(RANGE)));
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(idsOf(complaintsOf(120)).sort());
  });
});

describe('Reading a whole history', () => {
  it('reads pages of 300 entries', async () => {
    const all = Array.from({ length: 301 }, (_, index) => ({ ...ENTRY, log_id: String(index) }));
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));

    expect(await collected(bench.complaints.historyAll(COMPLAINT_ID))).toEqual(all);
    expect(bench.calls.map(({ target }) => target)).toEqual(
      ['limit=300&offset=0', 'limit=300&offset=300'].map((query) => `${HISTORY_PATH}?${query}`),
    );
  });
});

describe('The limit of a page', () => {
  it('can be chosen', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(complaintsOf(3), call));
    await valuesOf(bench.complaints.listAll({ ...RANGE, limit: 2 }));
    await valuesOf(bench.complaints.historyAll(COMPLAINT_ID, { limit: 7 }).pipe());

    expect(bench.calls.map(({ target }) => /limit=\d+/.exec(target)?.[0])).toEqual([
      'limit=2',
      'limit=2',
      'limit=7',
    ]);
  });

  it.each([400, 403, 500])(
    'is halved when WeChat Pay asks for it with status %d',
    async (status) => {
      const all = complaintsOf(30);
      const bench = await startComplaintBench(merchant, (call) =>
        pageQueryOf(call).limit > 12 ? { status, json: LIMIT_TOO_LARGE } : pageOf(all, call),
      );

      expect(idsOf(await collected(bench.complaints.listAll(RANGE)))).toEqual(idsOf(all));
      expect(bench.calls.map(pageQueryOf)).toEqual([
        { limit: 50, offset: 0 },
        { limit: 25, offset: 0 },
        { limit: 12, offset: 0 },
        { limit: 12, offset: 12 },
        { limit: 12, offset: 24 },
      ]);
    },
  );

  it('is halved for a history as well, from where it is', async () => {
    const all = Array.from({ length: 5 }, (_, index) => ({ ...ENTRY, log_id: String(index) }));
    const bench = await startComplaintBench(merchant, (call) => {
      const { limit, offset } = pageQueryOf(call);
      const isTooMuch = offset > 0 && limit > 1;
      return isTooMuch ? { status: 400, json: LIMIT_TOO_LARGE } : pageOf(all, call);
    });

    const history = bench.complaints.historyAll(COMPLAINT_ID, { limit: 3 });
    expect(await collected(history)).toEqual(all);
    expect(bench.calls.map(pageQueryOf)).toEqual([
      { limit: 3, offset: 0 },
      { limit: 3, offset: 3 },
      { limit: 1, offset: 3 },
      { limit: 1, offset: 4 },
    ]);
  });

  it('is not halved below 1', async () => {
    const bench = await startComplaintBench(merchant, () => ({
      status: 400,
      json: LIMIT_TOO_LARGE,
    }));

    expect(await errorOf(bench.complaints.listAll({ ...RANGE, limit: 3 }))).toMatchObject({
      code: 'INVALID_REQUEST',
      apiMessage: LIMIT_TOO_LARGE.message,
    });
    expect(bench.calls.map((call) => pageQueryOf(call).limit)).toEqual([3, 1]);
  });

  it('is not halved after any other error', async () => {
    const json = { code: 'INVALID_REQUEST', message: '参数错误' };
    const bench = await startComplaintBench(merchant, () => ({ status: 400, json }));

    expect(await errorOf(bench.complaints.listAll(RANGE))).toMatchObject({
      apiMessage: '参数错误',
    });
    expect(bench.calls).toHaveLength(1);
  });
});

describe('Entries without a readable id', () => {
  const PHONE = '13800138000';
  const odd = [null, { payer_phone: PHONE }, [], { ...complaintOf(1), complaint_id: 7 }];

  it('are skipped, logged once each and handed over', async () => {
    const all = [complaintOf(0), ...odd, complaintOf(2)];
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));
    const unreadable: UnreadableEntry[] = [];
    const onUnreadable = (entry: UnreadableEntry): void => {
      unreadable.push(entry);
    };

    const query = { ...RANGE, limit: 3, onUnreadable };
    expect(idsOf(await collected(bench.complaints.listAll(query)))).toEqual(['0', '2']);
    expect(offsetsOf(bench)).toEqual([0, 3]);
    expect(unreadable.map(({ raw }) => raw)).toEqual(odd);
    expect(unreadable.map(({ index, problem }) => [index, problem])).toEqual([
      [1, 'data[1] is of type null, not an object'],
      [2, 'data[2].complaint_id is missing'],
      [0, 'data[0] is of type array, not an object'],
      [1, 'data[1].complaint_id is of type number, not a string'],
    ]);
    const warnings = bench.logger.ours('warn');
    expect(warnings).toHaveLength(4);
    expect(warnings[3]).toContain(
      `GET ${COMPLAINTS_PATH}?begin_date=2019-01-01&end_date=2019-01-30: entry 4 cannot be read ` +
        'and is skipped, because data[1].complaint_id is of type number, not a string.',
    );
    expect(bench.logger.text).not.toContain(PHONE);
    expect(bench.logger.text).not.toContain(complaintOf(1).complaint_detail);
  });

  it('are handed over once each although equal ones make the list be read again', async () => {
    const all = [null, complaintOf(0), null, null];
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));
    const indexes: number[] = [];
    const onUnreadable = ({ index }: UnreadableEntry): void => {
      indexes.push(index);
    };

    const query = { ...RANGE, limit: 2, onUnreadable };
    expect(await collected(bench.complaints.listAll(query))).toEqual([complaintOf(0)]);
    expect(indexes).toEqual([0, 0, 1]);
    expect(bench.logger.ours('warn')).toHaveLength(3);
  });

  it('are skipped in a history as well', async () => {
    const all = [{ ...ENTRY, log_id: '' }, ENTRY];
    const bench = await startComplaintBench(merchant, (call) => pageOf(all, call));

    expect(await collected(bench.complaints.historyAll(COMPLAINT_ID))).toEqual([ENTRY]);
    expect(bench.logger.ours('warn')).toEqual([
      expect.stringContaining(`GET ${HISTORY_PATH}: entry 0 cannot be read`),
    ]);
  });

  it('end the list with what onUnreadable throws', async () => {
    const bench = await startComplaintBench(merchant, (call) => pageOf(odd, call));
    const onUnreadable = (): void => {
      throw new Error('not with me');
    };

    const all = bench.complaints.listAll({ ...RANGE, onUnreadable });
    await expect(collected(all)).rejects.toThrow('not with me');
  });

  it('may be nested deeper than JSON can be written', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const { items, unreadable } = read(({ offset }) => ({
      unreadableEntries:
        offset === 0 ? [{ index: 0, raw: JSON.parse(deep) as unknown, problem: 'x' }] : [],
    }));

    expect(await items).toEqual([]);
    expect(unreadable).toHaveLength(1);
  });
});

/** Reads a list of numbers whose pages have two entries. */
function read(fetch: (page: { limit: number; offset: number }) => Partial<Page<number>>) {
  const offsets: number[] = [];
  const unreadable: UnreadableEntry[] = [];
  const items = allItems<number>(
    {
      name: 'GET /list',
      limit: 2,
      idOf: String,
      fetch: (page) => {
        offsets.push(page.offset);
        return of({ data: [], unreadableEntries: [], ...fetch(page) });
      },
      onUnreadable: (entry) => unreadable.push(entry),
    },
    new AbortController().signal,
  );
  return { items: collected(items), offsets, unreadable };
}

describe('A list without a usable total', () => {
  it('ends at an empty page', async () => {
    const { items, offsets } = read(({ offset }) => ({
      data: offset < 4 ? [offset, offset + 1] : [],
    }));

    expect(await items).toEqual([0, 1, 2, 3]);
    expect(offsets).toEqual([0, 2, 4]);
  });

  it('ends at an empty page although the total promises more, after another try', async () => {
    const { items, offsets } = read(({ offset }) => ({
      data: offset === 0 ? [1] : [],
      total_count: 9,
    }));

    expect(await items).toEqual([1]);
    expect(offsets).toEqual([0, 1, 0, 1]);
  });

  it.each([0, -1, 3])('is read to its end when the total of %d is too small', async (total) => {
    const { items } = read(({ offset }) => ({
      data: offset < 4 ? [offset, offset + 1] : [],
      total_count: offset === 0 ? total : undefined,
    }));

    expect(await items).toEqual([0, 1, 2, 3]);
  });

  it('keeps the first total when later pages have another', async () => {
    const { items, offsets } = read(({ offset }) => ({
      data: [offset, offset + 1],
      total_count: offset === 0 ? 4 : 0,
    }));

    expect(await items).toEqual([0, 1, 2, 3]);
    expect(offsets).toEqual([0, 2]);
  });
});

describe('A list without an end', () => {
  async function expectEndless(items: Promise<unknown>, reason: string): Promise<void> {
    await expect(items).rejects.toBeInstanceOf(WechatPayApiError);
    await expect(items).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE', apiMessage: reason });
  }

  it.each([undefined, 6])('fails when the offset is ignored, with a total of %s', async (total) => {
    const { items, offsets } = read(() => ({ data: [1, 2], total_count: total }));

    await expectEndless(items, 'the same entries come again and again');
    expect(offsets).toHaveLength(12);
  });

  it('fails after half a million entries', async () => {
    const { items, offsets } = read(({ offset }) => ({
      data: Array.from({ length: 1000 }, (_, index) => offset + index),
    }));

    await expectEndless(items, 'the list goes on after 500000 entries');
    expect(offsets).toHaveLength(501);
  });
});

describe('A list that changes', () => {
  it('yields each item once although one leaves and another is added', async () => {
    let list = [5, 4, 3, 2, 1];
    let requests = 0;
    const { items } = read(({ offset }) => {
      const page = { data: list.slice(offset, offset + 2), total_count: list.length };
      requests += 1;
      // 5 leaves after the first page, so that 3 moves to where 4 was; then 6 is added.
      list = requests === 1 ? [4, 3, 2, 1] : [6, 4, 3, 2, 1];
      return page;
    });

    expect(await items).toEqual([5, 4, 2, 1, 6, 3]);
  });
});
