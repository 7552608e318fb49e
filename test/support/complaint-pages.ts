import type { Complaint } from 'nestjs-wechatpay-complaint';
import type { ComplaintServer, ReceivedCall } from './complaint-server.js';
import { COMPLAINT } from './complaint-samples.js';

export const RANGE = { begin_date: '2019-01-01', end_date: '2019-01-30' };

export function complaintOf(id: number): Complaint {
  return { ...COMPLAINT, complaint_id: String(id) };
}

/** Complaints with the ids from 0 on. */
export function complaintsOf(count: number): Complaint[] {
  return Array.from({ length: count }, (_, index) => complaintOf(index));
}

export function idsOf(complaints: readonly Complaint[]): string[] {
  return complaints.map(({ complaint_id }) => complaint_id);
}

export function pageQueryOf({ target }: Pick<ReceivedCall, 'target'>): {
  limit: number;
  offset: number;
} {
  const { searchParams } = new URL(target, 'http://localhost');
  return {
    limit: Number(searchParams.get('limit')),
    offset: Number(searchParams.get('offset')),
  };
}

/** The page that a request asks for. Like WeChat Pay, it has a total with offset 0 only. */
export function pageOf(all: readonly unknown[], call: ReceivedCall): { json: object } {
  const { limit, offset } = pageQueryOf(call);
  const data = all.slice(offset, offset + limit);
  return {
    json: { data, limit, offset, total_count: offset === 0 ? all.length : undefined },
  };
}

export function offsetsOf({ calls }: ComplaintServer): number[] {
  return calls.map((call) => pageQueryOf(call).offset);
}

export async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
