import { describe, expect, it } from '@jest/globals';
import {
  notificationFields,
  notificationLabel,
} from '../../../lib/notifications/notification-label.js';

function labelOf(complaint_id: string, action_type: string): string {
  return notificationLabel({
    mchid: '1900000109',
    id: 'EV-1',
    event_type: 'COMPLAINT.CREATE',
    complaint: { complaint_id, action_type, phone: '13800138000' },
  });
}

describe('notificationLabel', () => {
  it('names the notification, what happened and the complaint, and nothing else', () => {
    expect(labelOf('2002', 'CREATE_COMPLAINT')).toBe(
      'Notification EV-1 (CREATE_COMPLAINT, complaint 2002)',
    );
  });

  it.each(['20\n02', '20\r\n02', '20\u2028\u001b[31m02', '20 \t 02'])(
    'stays one line with the complaint id %j',
    (complaint_id) => {
      expect(labelOf(complaint_id, 'X')).toMatch(
        /^Notification EV-1 \(X, complaint 20 (?:\[31m)?02\)$/,
      );
    },
  );

  it('cuts what is too long', () => {
    expect(labelOf('2'.repeat(5000), 'X'.repeat(5000))).toBe(
      `Notification EV-1 (${'X'.repeat(64)}, complaint ${'2'.repeat(64)})`,
    );
  });
});

describe('notificationFields', () => {
  it('are the same for programs', () => {
    const notification = {
      mchid: '1900000109',
      id: 'EV-1',
      event_type: 'COMPLAINT.CREATE',
      request_id: '0123-abc',
      complaint: { complaint_id: '20\n02', action_type: 'X'.repeat(5000), phone: '13800138000' },
    };
    expect(notificationFields(notification, 'Desk.open')).toEqual({
      mchid: '1900000109',
      notificationId: 'EV-1',
      requestId: '0123-abc',
      eventType: 'COMPLAINT.CREATE',
      actionType: 'X'.repeat(64),
      complaintId: '20 02',
      listener: 'Desk.open',
    });
  });
});
