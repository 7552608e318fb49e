import type { NotificationStore } from './notification-store.interface.js';

/** A store that remembers complaints as well. */
export type ComplaintStore = NotificationStore &
  Required<Pick<NotificationStore, 'readComplaints' | 'writeComplaint'>>;

export function remembersComplaints(store: NotificationStore): store is ComplaintStore {
  return store.readComplaints !== undefined && store.writeComplaint !== undefined;
}
