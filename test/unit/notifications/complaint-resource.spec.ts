import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ComplaintNotificationException } from '../../../lib/notifications/complaint-notification.exception.js';
import { decryptComplaint } from '../../../lib/notifications/complaint-resource.js';
import { encryptAesGcm } from '../../../lib/testing/encrypt-aes-gcm.js';

const PHONE = '13800138000';
const NONCE = '0123456789ab';
const key = createSecretKey(randomBytes(32));

function decrypt(plaintext: string | Uint8Array, sealedWith = key) {
  const associated_data = 'complaint';
  const ciphertext = encryptAesGcm(plaintext, { nonce: NONCE, associated_data }, sealedWith);
  return decryptComplaint(
    { id: 'EV-1', resource: { ciphertext, nonce: NONCE, associated_data } },
    key,
  );
}

function rejection(decryption: () => unknown): ComplaintNotificationException {
  try {
    decryption();
  } catch (error) {
    if (error instanceof ComplaintNotificationException) return error;
    throw error;
  }
  throw new Error('The resource was accepted.');
}

describe('decryptComplaint', () => {
  it('keeps undocumented fields, in JSON too', () => {
    const fields = {
      complaint_id: '2002',
      action_type: 'A_NEW_ACTION',
      payer_phone: PHONE,
      amount: 3,
    };
    const complaint = decrypt(JSON.stringify(fields));
    expect(complaint).toEqual(fields);
    expect(JSON.parse(JSON.stringify(complaint))).toEqual(fields);
  });

  it('hides undocumented fields from inspect', () => {
    const complaint = decrypt(
      JSON.stringify({ complaint_id: '2002', action_type: 'X', payer_phone: PHONE }),
    );
    for (const printed of [inspect(complaint, { showHidden: true }), inspect({ complaint })]) {
      expect(printed).toContain("complaint_id: '2002'");
      expect(printed).toContain("payer_phone: '[hidden]'");
      expect(printed).not.toContain(PHONE);
    }
  });

  it.each([
    ['no JSON', `phone ${PHONE}`],
    ['an array', '[]'],
    ['no complaint_id', `{"action_type":"X","payer_phone":"${PHONE}"}`],
    ['an empty complaint_id', '{"complaint_id":"","action_type":"X"}'],
    ['a complaint_id that is a number', '{"complaint_id":2002,"action_type":"X"}'],
    ['no action_type', '{"complaint_id":"2002"}'],
  ])('rejects %s, naming the notification and none of the plaintext', (_what, plaintext) => {
    const exception = rejection(() => decrypt(plaintext));
    expect(exception).toMatchObject({
      code: 'MALFORMED_RESOURCE',
      detail: "The resource of notification 'EV-1' has no complaint_id or no action_type.",
    });
    expect(inspect(exception, { depth: 10, showHidden: true })).not.toContain(PHONE);
  });

  it('rejects a resource of another key with advice about apiV3Key', () => {
    const exception = rejection(() => decrypt('{}', createSecretKey(randomBytes(32))));
    expect(exception).toMatchObject({
      code: 'DECRYPTION_FAILED',
      detail: expect.stringMatching(
        /^Notification 'EV-1' is signed by WeChat Pay, but its resource does not decrypt \(.+\)\. Check that apiV3Key is the key now set in the merchant console\.$/,
      ),
      cause: expect.any(Error),
    });
  });
});
