import { describe, expect, it } from '@jest/globals';
import { keyFields, notificationKey } from '../../../lib/notifications/notification-key.js';

const NOTIFICATION = { mchid: '1900000109', id: 'EV-1' };

describe('notificationKey', () => {
  // A change of these keys has every app handle again what is redelivered after an update.
  it('is the id for the method of a route, and has the name of a listener', () => {
    expect(notificationKey(NOTIFICATION)).toEqual(NOTIFICATION);
    expect(notificationKey(NOTIFICATION, 'Desk.open')).toEqual({
      mchid: '1900000109',
      id: 'EV-1#Desk.open',
    });
  });
});

describe('keyFields', () => {
  it.each([undefined, 'Desk.open'])('tells what the key is made of: %s', (listener) => {
    expect(keyFields(notificationKey(NOTIFICATION, listener))).toEqual({
      mchid: '1900000109',
      notificationId: 'EV-1',
      listener,
    });
  });
});
