import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNotificationBody,
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { findAlteration } from '../../../lib/cli/altered-bodies.js';
import { toHeaderFields } from '../../../lib/notifications/incoming-headers.js';
import { readSignatureHeaders } from '../../../lib/protocol/signature-headers.js';

describe('findAlteration', () => {
  let merchant: TestMerchant;
  let body: string;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    body = createNotificationBody(merchant, { summary: '投诉/变更' });
  });

  /** What is found when `received` arrives in place of `signed`. */
  function find(signed: string, received: string): string | undefined {
    const fields = toHeaderFields(signNotificationBody(merchant, signed));
    const key = createPublicKey(merchant.publicKey.pem);
    return findAlteration(readSignatureHeaders(fields), Buffer.from(received), key);
  }

  const indented = (spaces: number): string => JSON.stringify(JSON.parse(body), null, spaces);
  const reversed = (): string =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body) as object).reverse()));

  it.each([
    ['has lost a line feed at its end', () => [`${body}\n`, body]],
    ['has gained white space at its end', () => [body, `${body}\n`]],
    ['has gained a byte order mark', () => [body, `\ufeff${body}`]],
    ['has CRLF in place of line feeds', () => [indented(2), indented(2).replaceAll('\n', '\r\n')]],
    ['white space that was not signed', () => [body, indented(2)]],
    ['has its slashes escaped', () => [body.replaceAll('/', '\\/'), body]],
    ['indented by two spaces', () => [indented(2), body]],
    ['indented by four spaces', () => [indented(4), body]],
    ['the order of its fields has changed', () => [body, reversed()]],
    ['was decoded from UTF-8 twice', () => [body, Buffer.from(body).toString('latin1')]],
  ] as const)('finds that the body %s', (description, bodies) => {
    const [signed = '', received = ''] = bodies();
    expect(find(signed, received)).toContain(description);
  });

  it('finds nothing in a forgery and in what is no JSON', () => {
    expect(find(body, body.replace('变更', '伪造'))).toBeUndefined();
    expect(find(body, 'not JSON')).toBeUndefined();
    expect(find(body, '')).toBeUndefined();
  });
});
