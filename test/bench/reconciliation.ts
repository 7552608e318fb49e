import assert from 'node:assert/strict';
import { type Complaint, MemoryNotificationStore } from '../../lib/index.js';
import type { ComplaintSource } from '../../lib/reconciliation/complaint-source.js';
import { ComplaintSweep } from '../../lib/reconciliation/complaint-sweep.js';
import type { Chapter } from './report.js';

const MCHID = '1900000109';
const DAY = 24 * 60 * 60 * 1000;
const MIB = 1024 * 1024;
const PAGE = 50;
/** Requests for the list in each slice of 3 s, at the documented 200 a minute. */
const CALLS_PER_SLICE = 9;
const SLICE = 3;

/**
 * What a sweep itself takes, without WeChat Pay's part, and how long the documented quota makes it
 * last. The first sweep writes a record for each complaint; in the second nothing has changed.
 */
export async function reconciliation(): Promise<Chapter> {
  const rows: string[][] = [];
  for (const count of [10_000, 100_000]) {
    const store = new MemoryNotificationStore();
    for (const name of ['first sweep', 'nothing changed']) {
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      let peak = before;
      let histories = 0;
      const source = {
        calls: 0,
        listedAt: Date.now(),
        async *complaints() {
          for (let index = 0; index < count; index += 1) {
            if (index % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed);
            yield await Promise.resolve(complaintOf(index));
          }
        },
        history: () => {
          histories += 1;
          return Promise.resolve([]);
        },
      } satisfies Pick<ComplaintSource, 'calls' | 'listedAt' | 'complaints' | 'history'>;
      const now = Date.now();
      const sweep = new ComplaintSweep(
        {
          mchid: MCHID,
          store,
          source,
          deadlines: { firstReply: DAY, completion: 3 * DAY, remind: [] },
          memory: 90 * DAY,
        },
        { from: now - 30 * DAY, to: now, grace: 0, knownBefore: now },
        { feed: () => Promise.resolve('handled') },
        new AbortController().signal,
      );
      const start = performance.now();
      await sweep.run();
      const elapsed = performance.now() - start;
      peak = Math.max(peak, process.memoryUsage().heapUsed);
      assert.equal(sweep.counts.listed, count);
      const calls = Math.ceil(count / PAGE);
      rows.push([
        `${count}, ${name}`,
        elapsed.toFixed(0),
        `${calls} + ${histories}`,
        (Math.ceil(calls / CALLS_PER_SLICE) * SLICE).toFixed(0),
        ((peak - before) / MIB).toFixed(0),
      ]);
    }
  }
  return {
    title: 'Reconciliation: a sweep over the complaints of 30 days',
    columns: ['complaints', 'ms of its own', 'lists + histories', 's at the quota', 'MiB at most'],
    rows,
    notes: [
      'Memory store, in one process; the first sweep also fills the store. The seconds follow from the quota.',
    ],
  };
}

function complaintOf(index: number): Complaint {
  return {
    complaint_id: `2002018202001010800${index}`,
    complaint_time: new Date(Date.now() - 10 * DAY).toISOString(),
    complaint_state: 'PROCESSED',
    complaint_detail: '没有收到货',
    payer_phone: `${index}`.padEnd(344, 'x'),
    user_complaint_times: 1,
    complaint_full_refunded: false,
  };
}
