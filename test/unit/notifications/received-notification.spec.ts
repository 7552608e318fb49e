import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, throwError } from 'rxjs';
import {
  attachNotification,
  findNotification,
  missingNotification,
  notificationOf,
  type ProcessNotification,
  ReceivedNotification,
} from '../../../lib/notifications/received-notification.js';
import { runTasks } from '../../support/run-tasks.js';

const PAYLOAD = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT', phone: '13800138000' },
};
const create = (run: ProcessNotification = runTasks): ReceivedNotification =>
  new ReceivedNotification(PAYLOAD, run);

describe('ReceivedNotification', () => {
  it('processes a handler with the function it was given', async () => {
    const calls: string[] = [];
    const notification = create(async (tasks) => {
      calls.push('before');
      await runTasks(tasks);
      calls.push('after');
      return 'duplicate';
    });
    const handle = (): Promise<void> => {
      calls.push('handler');
      return Promise.resolve();
    };
    await expect(notification.process([{ handle }])).resolves.toBe('duplicate');
    expect(calls).toEqual(['before', 'handler', 'after']);
  });

  it.each([[new Error('locked')], ['locked'], [undefined], [null]])(
    'knows the failure %p, and no other',
    async (error) => {
      const notification = create();
      expect(notification.hasFailedWith(error)).toBe(false);
      const handle = (): Promise<void> => lastValueFrom(throwError(() => error));
      const failing = notification.process([{ handle }]);
      await expect(failing.catch((reason: unknown) => [reason])).resolves.toEqual([error]);
      expect(notification.hasFailedWith(error)).toBe(true);
      expect(notification.hasFailedWith(new Error('locked'))).toBe(false);
    },
  );
});

describe('A notification that is attached to a request', () => {
  it('is found by that request alone', () => {
    const request = {};
    const notification = create();
    attachNotification(request, notification);
    expect(findNotification(request)).toBe(notification);
    expect(notificationOf(request)).toBe(notification);
    expect(findNotification({})).toBeUndefined();
  });

  it('is not printed with the request', () => {
    const request = { url: '/complaints' };
    attachNotification(request, create());
    expect(inspect(request, { showHidden: true, depth: 10 })).toBe("{ url: '/complaints' }");
    expect(JSON.stringify(request)).toBe('{"url":"/complaints"}');
  });

  it('is missing where the guard did not run, with an error that names the fix', () => {
    expect(() => notificationOf({})).toThrow(missingNotification());
    expect(missingNotification().message).toContain('@UseGuards(ComplaintNotificationGuard)');
    expect(missingNotification().message).toContain(
      '.overrideGuard(ComplaintNotificationGuard).useValue(acceptNotification())',
    );
  });
});
