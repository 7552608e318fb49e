import { describe, expect, it } from '@jest/globals';
import { claimsToBePublicKeyId, isPublicKeyId, readSerial } from '../../../lib/protocol/key-ids.js';

const SERIAL = '5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC';

describe('readSerial', () => {
  it.each([
    ['as the merchant console shows it', SERIAL],
    ['in lower case', SERIAL.toLowerCase()],
    ['as openssl x509 -serial prints it', `serial=${SERIAL}\n`],
    ['as some versions of openssl print it', `serial = ${SERIAL}`],
    ['with colons, as openssl x509 -text prints it', SERIAL.match(/../g)?.join(':').toLowerCase()],
    ['with white space around it', ` \t${SERIAL}\r\n`],
  ])('reads a serial number %s', (_how, text = '') => {
    expect(readSerial(text)).toBe(SERIAL);
  });

  it('reads up to 64 digits', () => {
    expect(readSerial('a'.repeat(64))).toBe('A'.repeat(64));
    expect(readSerial('a'.repeat(65))).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['white space', '  '],
    ['the prefix of openssl alone', 'serial='],
    ['a word', 'SERIAL'],
    ['a line feed between digits', 'AB\nCD'],
    ['a space between digits', 'AB CD'],
    ['a colon at a wrong place', 'ABC:D'],
    ['a colon at the end', 'AB:CD:'],
    ['quotes', `"${SERIAL}"`],
    ['the id of a public key', 'PUB_KEY_ID_0114232134912410000000000000'],
  ])('reads no serial number from %s', (_what, text) => {
    expect(readSerial(text)).toBeUndefined();
  });
});

describe('isPublicKeyId', () => {
  it.each([
    'PUB_KEY_ID_1',
    'PUB_KEY_ID_0114232134912410000000000000',
    `PUB_KEY_ID_${'1'.repeat(53)}`,
  ])('is true for %s', (id) => {
    expect(isPublicKeyId(id)).toBe(true);
  });

  // It is sent as a header, and no header of a response could ever name such an id.
  it.each([
    'PUB_KEY_ID_',
    'PUB_KEY_ID_1-2',
    'PUB_KEY_ID_1 2',
    'XPUB_KEY_ID_1',
    'PUB_KEY_ID_公钥',
    'PUB_KEY_ID_1\r\nX: 1',
    `PUB_KEY_ID_${'1'.repeat(54)}`,
    '0114232134912410000000000000',
  ])('is false for %j', (id) => {
    expect(isPublicKeyId(id)).toBe(false);
  });
});

describe('claimsToBePublicKeyId', () => {
  it.each([
    ['PUB_KEY_ID_1', true],
    [' pub_key_id_1', true],
    ['PUB_KEY_ID_', true],
    [SERIAL, false],
    ['', false],
  ])('looks at the beginning of "%s" without regard to case: %s', (text, expected) => {
    expect(claimsToBePublicKeyId(text)).toBe(expected);
  });
});
