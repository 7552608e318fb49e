import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  readCount,
  readDay,
  readMediaIds,
  readOptionalText,
  readText,
} from '../../../../../lib/testing/simulator/routes/fields.js';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';
import { SimulatedImages } from '../../../../../lib/testing/simulator/state/simulated-images.js';
import { PNG } from '../../../../support/small-images.js';

describe('readDay', () => {
  it('counts the days since 1970', () => {
    expect(readDay('begin_date', '1970-01-01')).toBe(0);
    expect(readDay('begin_date', '2024-02-29')).toBe(19782);
  });

  it.each(['', '2026-02-30', '2026-13-01', '20260301', '2026-3-1', '2026-03-01T00:00:00Z'])(
    'rejects "%s"',
    (text) => {
      expect(() => readDay('begin_date', text)).toThrow('PARAM_ERROR');
    },
  );
});

describe('readCount', () => {
  const range = { byDefault: 10, min: 1, max: 50 };
  const read = (query: string): number => readCount(new URLSearchParams(query), 'limit', range);

  it('reads a number within its range, or takes the default', () => {
    expect([read('limit=1'), read('limit=50'), read('')]).toEqual([1, 50, 10]);
  });

  it.each(['0', '51', '-1', '1.5', '1e1', '', '+1'])('rejects "%s"', (text) => {
    expect(() => read(`limit=${encodeURIComponent(text)}`)).toThrow('PARAM_ERROR');
  });
});

describe('readText and readOptionalText', () => {
  it('count characters, not UTF-16 units', () => {
    expect(readText({ text: '好😀' }, 'text', 2)).toBe('好😀');
    expect(() => readText({ text: '好😀!' }, 'text', 2)).toThrow('PARAM_ERROR');
  });

  it('differ in what is missing', () => {
    expect(readOptionalText({}, 'text', 2)).toBeUndefined();
    expect(readOptionalText({ text: '' }, 'text', 2)).toBe('');
    expect(() => readText({}, 'text', 2)).toThrow('PARAM_ERROR');
    expect(() => readText({ text: '' }, 'text', 2)).toThrow('PARAM_ERROR');
  });

  it('reject what is no text', () => {
    expect(() => readOptionalText({ text: 1 }, 'text', 2)).toThrow('PARAM_ERROR');
    expect(() => readOptionalText({ text: null }, 'text', 2)).toThrow('PARAM_ERROR');
  });
});

describe('readMediaIds', () => {
  const images = new SimulatedImages(
    new ImageLinks(
      () => 'http://127.0.0.1:3000',
      () => 0,
    ),
  );
  const sha256 = createHash('sha256').update(PNG).digest('hex');
  const upload = (): string =>
    images.upload({
      meta: JSON.stringify({ filename: 'a.png', sha256 }),
      filename: 'a.png',
      bytes: PNG,
    });
  const read = (list: unknown) => readMediaIds({ list }, 'list', images);

  it('reads up to four uploaded images, or none', () => {
    const ids = [upload(), upload(), upload(), upload()];

    expect(read(ids)).toEqual(ids);
    expect(read(undefined)).toEqual([]);
    expect(() => read([...ids, upload()])).toThrow('PARAM_ERROR');
  });

  it('rejects what was not uploaded, such as the media id of a complaint', () => {
    const url = images.mediaUrl(images.add(PNG));
    const mediaId = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));

    for (const list of [[mediaId], ['1'], [1], '1', {}]) {
      expect(() => read(list)).toThrow('PARAM_ERROR');
    }
  });
});
