import type { CallbackUrlRegistration } from '../callback-url/callback-url.registrar.js';
import type { HealthCheck } from './health-check.js';

export interface CallbackUrlHealth {
  readonly url: string;
  /** ISO 8601 in UTC. Absent as long as the URL is not registered. */
  readonly registeredAt?: string;
}

/** Whether the option `callbackUrl` is registered. An app that is just starting is well. */
export function checkCallbackUrl(
  mchid: string,
  registration: CallbackUrlRegistration | undefined,
): HealthCheck<CallbackUrlHealth | undefined> {
  if (!registration) return { value: undefined, problems: [] };
  const { url, registeredAt, failure } = registration;
  const value = { url, registeredAt: registeredAt?.toISOString() };
  if (failure === undefined) return { value, problems: [] };
  const text = `Callback URL ${url} of merchant ${mchid} could not be registered yet: ${failure}`;
  return { value, problems: [{ status: 'degraded', text }] };
}
