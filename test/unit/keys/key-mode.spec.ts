import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { describeKeyMode } from '../../../lib/keys/key-mode.js';

const { publicKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const download = { refreshInterval: 1000, unknownSerialCooldown: 1000 };

describe('describeKeyMode', () => {
  it.each([
    [['PUB_KEY_ID_1'], false, 'public key PUB_KEY_ID_1'],
    [['PUB_KEY_ID_1', 'PUB_KEY_ID_2'], false, 'public keys PUB_KEY_ID_1, PUB_KEY_ID_2'],
    [['A1', 'A2'], false, 'platform certificates (A1, A2 from platformKeys)'],
    [[], true, 'platform certificates (downloaded when needed)'],
    [['A1'], true, 'platform certificates (A1 from platformKeys; downloaded when needed)'],
    [
      ['A1', 'PUB_KEY_ID_1'],
      false,
      'migration from platform certificates (A1 from platformKeys) to public key PUB_KEY_ID_1',
    ],
    [
      ['PUB_KEY_ID_1'],
      true,
      'migration from platform certificates (downloaded when needed) to public key PUB_KEY_ID_1',
    ],
  ])('names the mode of platformKeys %j with download %s', (ids, isDownloaded, text) => {
    expect(
      describeKeyMode({
        platformKeys: new Map(ids.map((id) => [id, { key }])),
        download: isDownloaded ? download : undefined,
      }),
    ).toBe(text);
  });
});
