import { describe, expect, it } from '@jest/globals';
import { MemoryNotificationStore, type NotificationStore } from 'nestjs-wechatpay-complaint';
import { remembersComplaints } from '../../../lib/stores/complaint-store.js';

describe('remembersComplaints', () => {
  const store = new MemoryNotificationStore();
  const plain: NotificationStore = {
    claim: store.claim.bind(store),
    renew: store.renew.bind(store),
    complete: store.complete.bind(store),
    release: store.release.bind(store),
  };

  it('asks for both methods', () => {
    const readComplaints = store.readComplaints.bind(store);
    const writeComplaint = store.writeComplaint.bind(store);
    expect(remembersComplaints({ ...plain, readComplaints, writeComplaint })).toBe(true);
    expect(remembersComplaints({ ...plain, readComplaints })).toBe(false);
    expect(remembersComplaints({ ...plain, writeComplaint })).toBe(false);
    expect(remembersComplaints(plain)).toBe(false);
  });
});
