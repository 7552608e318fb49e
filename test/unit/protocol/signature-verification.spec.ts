import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  readSignatureHeaders,
  type SignatureHeaders,
} from '../../../lib/protocol/signature-headers.js';
import { SignatureRejection } from '../../../lib/protocol/signature-rejection.js';
import {
  assertSignature,
  assertTimely,
  signedMessage,
} from '../../../lib/protocol/signature-verification.js';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from '../../../lib/testing/index.js';

function rejectionOf(check: () => void): SignatureRejection {
  try {
    check();
  } catch (error) {
    if (error instanceof SignatureRejection) return error;
    throw error;
  }
  throw new Error('The check was passed.');
}

describe('signedMessage', () => {
  it('writes timestamp, nonce and body on their own lines', () => {
    expect(signedMessage('1722850421', 'abc', Buffer.from('{"a":"投"}')).toString()).toBe(
      '1722850421\nabc\n{"a":"投"}\n',
    );
  });

  it('keeps the line feed of an empty body', () => {
    expect(signedMessage('1722850421', 'abc', Buffer.alloc(0)).toString()).toBe(
      '1722850421\nabc\n\n',
    );
  });

  it('leaves bytes that are not UTF-8 as they are', () => {
    const body = Buffer.from([0xff, 0x0a, 0x00]);

    expect(signedMessage('1', 'a', body)).toEqual(
      Buffer.concat([Buffer.from('1\na\n'), body, Buffer.from('\n')]),
    );
  });
});

describe('assertTimely', () => {
  const TIMESTAMP = 1_722_850_421;
  const headers: SignatureHeaders = {
    timestamp: String(TIMESTAMP),
    nonce: 'd824f2e086d3c1df967785d13fcd22ef',
    serial: 'PUB_KEY_ID_0000000000000024101100397200000006',
    signature: 'AAAA',
  };
  const check = (secondsLater: number, tolerance = 300, signature = headers.signature) => {
    assertTimely({ ...headers, signature }, (TIMESTAMP + secondsLater) * 1000, tolerance);
  };

  it.each([0, 1, 300, 300.999, -1, -300])(
    'accepts a timestamp when the clock is %d s ahead of it',
    (seconds) => {
      expect(() => {
        check(seconds);
      }).not.toThrow();
    },
  );

  it.each([
    [301, 'TIMESTAMP_TOO_OLD', '301 s behind this machine'],
    [86_400, 'TIMESTAMP_TOO_OLD', '86400 s behind this machine'],
    [-301, 'TIMESTAMP_TOO_NEW', '301 s ahead of this machine'],
    [-86_400, 'TIMESTAMP_TOO_NEW', '86400 s ahead of this machine'],
  ])('rejects a timestamp when the clock is %d s ahead of it: %s', (seconds, code, distance) => {
    const rejection = rejectionOf(() => {
      check(seconds);
    });

    expect(rejection.code).toBe(code);
    expect(rejection.message).toContain(distance);
    expect(rejection.message).toContain('at most 300 s are accepted');
  });

  it.each([
    [60, 60],
    [-60, 60],
    [3600, 3600],
  ])('uses the tolerance of the options: %d s of %d s', (seconds, tolerance) => {
    expect(() => {
      check(seconds, tolerance);
    }).not.toThrow();
    const beyond = rejectionOf(() => {
      check(seconds + Math.sign(seconds), tolerance);
    });
    expect(beyond.message).toContain(`at most ${tolerance} s are accepted`);
  });

  it('tells a probe from a forgery, and asks for no action', () => {
    // From github:wechatpay-apiv3/wechatpay-java issue 319. It is not canonical base64.
    const received =
      'WECHATPAY/SIGNTEST/2sWfO+6tVVsZonOXBXHOrle0TugJ31jDV3iGpjFchMYEyEZ48LxAmfW2gMXkP7Ce1OLOR' +
      't7wHxkgBwTBHn9/JpPBwDFjiHMhSQCEYkk/gIXdO1E7dz6fnMmMqmI2urSR8WDWAG0jdIGFbnykjVFrQa7E1RhNN' +
      'EIz476tmfj5Zp7W/kE1q7cxZIPumELjwfZHXybvrFMuYNEcf8Eq50V+I1e5onuIAa3RIuIIy30Kl2RANQJx1inQ0' +
      'SirJjFtONAcPnLDWpeJuVCfRPLXE4ra5qsSwxbUDvnCAbTkz4L1mSZ/zyv80hd9t8upwSLbLiYJWV97N04Pb74zC' +
      'g==';
    const { signature } = readSignatureHeaders({
      'wechatpay-timestamp': headers.timestamp,
      'wechatpay-nonce': headers.nonce,
      'wechatpay-serial': headers.serial,
      'wechatpay-signature': received,
    });

    const rejection = rejectionOf(() => {
      check(0, 300, signature);
    });

    expect(rejection.code).toBe('SIGNATURE_PROBE');
    expect(rejection.message).toContain('no action is needed');
  });

  it('rejects a replayed probe for its age', () => {
    const rejection = rejectionOf(() => {
      check(301, 300, 'WECHATPAY/SIGNTEST/AAAA');
    });

    expect(rejection.code).toBe('TIMESTAMP_TOO_OLD');
  });
});

describe('assertSignature', () => {
  let merchant: TestMerchant;
  let key: KeyObject;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    key = createPublicKey(merchant.publicKey.pem);
  });

  function notification(): { headers: SignatureHeaders; body: Buffer } {
    const { headers, body } = signComplaintNotification(merchant);
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      headers: readSignatureHeaders(Object.fromEntries(lowerCase) as Record<string, string>),
      body: Buffer.from(body),
    };
  }

  it('accepts the response in the documentation of WeChat Pay', () => {
    // https://pay.weixin.qq.com/docs/merchant/development/interface-rules/build-verify-sign-src.html
    // with the key in github:darkanchor/nginz, src/ngx/ngx_ssl.zig.
    const documented = createPublicKey(`-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwXNI6sdlknHBnK8Fu2U6
Cwor9qY747jP8KAfeBMeveEt1TqaHkLfaSD07trZLhGpfs8/AHqjhgSMO1O10YQW
OrrJ4hjIWPKqxbgrYMkBQc+mwdiWp4W3ByCqxBRagCveCXRWCmuJYovl9H/bsDI0
iGbpVtEOghJtfciisYSgxcLufUDTRkvwxjIBK1pCRjk33jJ5YTBWTHMRtMAOcFLN
F6hdEYdX8SPsgHHeLZ5Lv2T/686w1xtgCHef/sd4uSfWmyzsalQdHG/e4IyYmrhx
+O3VBoNDzE3nx23bFeV/RVNCG7cV6VhmYokJNHa/erIPkEmEFID6A5wQOXuxUkmJ
WwIDAQAB
-----END PUBLIC KEY-----`);
    const headers = readSignatureHeaders({
      'wechatpay-timestamp': '1722850421',
      'wechatpay-nonce': 'd824f2e086d3c1df967785d13fcd22ef',
      'wechatpay-serial': 'PUB_KEY_ID_0000000000000024101100397200000006',
      'wechatpay-signature':
        'mfI1CPqvBrgcXfgXMFjdNIhBf27ACE2YyeWsWV9ZI7T7RU0vHvbQpu9Z32ogzc+k8ZC5n3kz7h70eWKjgqNdKQF0' +
        'eRp8mVKlmfzMLBVHbssB9jEZEDXThOX1XFqX7s7ymia1hoHQxQagPGzkdWxtlZPZ4ZPvr1RiqkgAu6Is8MZgXXrR' +
        'oBKqjmSdrP1N7uxzJ/cjfSiis9FiLjuADoqmQ1P7p2N876YPAol7Rn0+GswwAwxldbdLrmVSjfytfSBJFqTMHn4i' +
        'tojgxSWWN1byuckQt8hSTEv/Lg97QoeGniYP17T80pJeQyL3b+295FPHSO2AtvCgyIbKMZ0BALilAA==',
    });

    expect(() => {
      assertSignature(
        headers,
        Buffer.from('{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}'),
        documented,
      );
    }).not.toThrow();
  });

  it('accepts a notification as it was sent', () => {
    const { headers, body } = notification();

    expect(() => {
      assertSignature(headers, body, key);
    }).not.toThrow();
  });

  it('accepts a response without a body (204), and no other body in its place', () => {
    const { headers } = notification();
    const message = `${headers.timestamp}\n${headers.nonce}\n\n`;
    const signature = sign('sha256', Buffer.from(message), merchant.publicKey.privateKey);
    const signed = { ...headers, signature: signature.toString('base64') };

    expect(() => {
      assertSignature(signed, Buffer.alloc(0), key);
    }).not.toThrow();
    expect(() => {
      assertSignature(signed, Buffer.from('\n'), key);
    }).toThrow(SignatureRejection);
  });

  it.each<[string, (sent: ReturnType<typeof notification>) => ReturnType<typeof notification>]>([
    [
      'one flipped bit in the body',
      ({ headers, body }) => {
        const changed = Buffer.from(body);
        changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
        return { headers, body: changed };
      },
    ],
    [
      'a body without its last byte',
      ({ headers, body }) => ({ headers, body: body.subarray(0, -1) }),
    ],
    ['an empty body', ({ headers }) => ({ headers, body: Buffer.alloc(0) })],
    [
      'a body that was parsed and serialised again',
      ({ headers, body }) => ({
        headers,
        body: Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 2)),
      }),
    ],
    [
      'another timestamp',
      ({ headers, body }) => ({
        headers: { ...headers, timestamp: String(Number(headers.timestamp) + 1) },
        body,
      }),
    ],
    ['another nonce', ({ headers, body }) => ({ headers: { ...headers, nonce: 'other' }, body })],
    [
      'the signature of another notification',
      ({ headers, body }) => ({
        headers: { ...headers, signature: notification().headers.signature },
        body,
      }),
    ],
    // Without the line feeds between them, these would make the same message.
    [
      'a nonce whose last character has moved to the body',
      ({ headers, body }) => ({
        headers: { ...headers, nonce: headers.nonce.slice(0, -1) },
        body: Buffer.concat([Buffer.from(headers.nonce.slice(-1)), body]),
      }),
    ],
  ])('rejects %s', (_what, change) => {
    const { headers, body } = change(notification());

    const rejection = rejectionOf(() => {
      assertSignature(headers, body, key);
    });

    expect(rejection.code).toBe('SIGNATURE_MISMATCH');
  });

  it('rejects the key of somebody else, and names the key of the headers', () => {
    const { headers, body } = notification();
    const other = createPublicKey(merchant.platformCertificate.pem);

    const rejection = rejectionOf(() => {
      assertSignature(headers, body, other);
    });

    expect(rejection.code).toBe('SIGNATURE_MISMATCH');
    expect(rejection.message).toContain(merchant.publicKey.id);
    expect(rejection.message).not.toContain(headers.signature);
  });
});
