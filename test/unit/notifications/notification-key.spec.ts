import { describe, expect, it } from '@jest/globals';
import { notificationKey } from '../../../lib/notifications/notification-key.js';

const NOTIFICATION = { mchid: '1900000109', id: 'EV-1' };

describe('notificationKey', () => {
  // A change of these keys has every app handle again what is redelivered after an update.
  it('is the id for the method of a route', () => {
    expect(notificationKey(NOTIFICATION)).toEqual({ mchid: '1900000109', id: 'EV-1' });
  });

  it('has the name of a listener behind the id', () => {
    expect(notificationKey(NOTIFICATION, 'Complaints.open')).toEqual({
      mchid: '1900000109',
      id: 'EV-1#Complaints.open',
    });
  });
});
