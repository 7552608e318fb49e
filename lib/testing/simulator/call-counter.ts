/** Kinds of calls that WeChat Pay counts by themselves. */
export interface SimulatedQuotas {
  /** Pages of the list of complaints. */
  readonly list: number;
  /** Pages of negotiation histories. */
  readonly history: number;
  /** Replies, immediate ones included. */
  readonly reply: number;
  /** Uploads of images. */
  readonly upload: number;
  /** Completions. */
  readonly complete: number;
}

/** Calls a minute of one merchant, as WeChat Pay's staff state them. */
export const DOCUMENTED_QUOTAS: SimulatedQuotas = {
  list: 200,
  history: 200,
  reply: 60,
  upload: 60,
  complete: 1500,
};

const KINDS: readonly [kind: keyof SimulatedQuotas, method: string, path: RegExp][] = [
  ['list', 'GET', /^\/v3\/merchant-service\/complaints-v2$/],
  ['history', 'GET', /\/negotiation-historys$/],
  ['reply', 'POST', /\/response(-immediate-service)?$/],
  ['complete', 'POST', /\/complete$/],
  ['upload', 'POST', /^\/v3\/merchant-service\/images\/upload$/],
];

const MINUTE = 60_000;

/** Counts the calls of each merchant in the last minute. */
export class CallCounter {
  private readonly calls = new Map<string, number[]>();

  constructor(private readonly quotas: Partial<SimulatedQuotas>) {}

  /** Counts a call, unless it is one too many. Rejected calls do not count. */
  allows(mchid: string, method: string, target: string): boolean {
    const [path = ''] = target.split('?');
    const [kind] =
      KINDS.find(([, ofMethod, pattern]) => ofMethod === method && pattern.test(path)) ?? [];
    const quota = kind && this.quotas[kind];
    if (quota === undefined) return true;
    const name = `${mchid} ${kind}`;
    const now = performance.now();
    const recent = (this.calls.get(name) ?? []).filter((time) => time > now - MINUTE);
    this.calls.set(name, recent);
    if (recent.length >= quota) return false;
    recent.push(now);
    return true;
  }
}
