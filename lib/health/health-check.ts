/** What one check has found. */
export interface HealthCheck<T> {
  readonly value: T;
  readonly problems: readonly HealthProblem[];
}

/** Something that an operator should know. */
export interface HealthProblem {
  /** `down` if notifications cannot be handled because of it. */
  readonly status: 'degraded' | 'down';
  readonly text: string;
}
