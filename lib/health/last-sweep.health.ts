import type { LastSweep } from '../reconciliation/complaint-reconciler.js';
import type { HealthCheck } from './health-check.js';

export interface LastSweepHealth {
  /** ISO 8601 in UTC. */
  readonly endedAt: string;
  readonly outcome: LastSweep['outcome'];
}

/** After so many intervals another process has made the sweep that failed in this one. */
const INTERVALS_UNTIL_SUPERSEDED = 2;

/**
 * How the last sweep of this process has ended. Processes that share a store share the sweeps as well, so
 * that a process which has not swept yet is well, and a failure that is long past counts no more.
 *
 * @param interval milliseconds between two sweeps; false if the app decides when to sweep
 * @param now milliseconds since 1970
 */
export function checkLastSweep(
  mchid: string,
  sweep: LastSweep | undefined,
  interval: number | false,
  now: number,
): HealthCheck<LastSweepHealth | undefined> {
  if (!sweep) return { value: undefined, problems: [] };
  const { endedAt, outcome, failure } = sweep;
  const value = { endedAt: endedAt.toISOString(), outcome };
  const isSuperseded =
    interval !== false && now - endedAt.getTime() > INTERVALS_UNTIL_SUPERSEDED * interval;
  if (failure === undefined || isSuperseded) return { value, problems: [] };
  const text = `The complaints of merchant ${mchid} could not be reconciled, the next sweep tries again: ${failure}`;
  return { value, problems: [{ status: 'degraded', text }] };
}
