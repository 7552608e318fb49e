import type { NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';
import { settlesWithin } from '../utils/settles-within.js';
import type { HealthCheck } from './health-check.js';

/** Milliseconds. A store of the app may have no time limit of its own. */
const PING_TIMEOUT = 2000;

export type StoreHealth = 'reachable' | 'unreachable' | 'unknown' | 'none';

/** Asks the store whether it can be reached. Never rejects. */
export async function checkStore(
  store: NotificationStore | undefined,
): Promise<HealthCheck<StoreHealth>> {
  if (!store) return { value: 'none', problems: [] };
  if (!store.ping) return { value: 'unknown', problems: [] };
  try {
    const ping = store.ping();
    if (!(await settlesWithin(ping, PING_TIMEOUT))) {
      return unreachable(`it did not respond within ${PING_TIMEOUT} ms.`);
    }
    await ping;
    return { value: 'reachable', problems: [] };
  } catch (error) {
    return unreachable(errorMessage(error));
  }
}

function unreachable(reason: string): HealthCheck<StoreHealth> {
  const text = `The notification store cannot be reached, so notifications are deferred: ${reason}`;
  return { value: 'unreachable', problems: [{ status: 'down', text }] };
}
