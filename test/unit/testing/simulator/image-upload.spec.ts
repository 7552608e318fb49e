import { describe, expect, it } from '@jest/globals';
import { parseImageUpload } from '../../../../lib/testing/simulator/image-upload.js';

const TYPE = 'multipart/form-data; boundary=X';
const META = '{ "filename": "凭证.png",  "sha256": "0" }';
/** With what could be taken for a boundary or the end of a line. */
const BYTES = Buffer.from('89504e470d0a1a0a0d0a2d2d580d0a2d2d00fffe', 'hex');

interface Part {
  readonly head: string;
  readonly content: Buffer | string;
}

const meta: Part = {
  head: 'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json',
  content: META,
};
const file: Part = {
  head: 'Content-Disposition: form-data; name="file"; filename="凭证.png"\r\nContent-Type: image/png',
  content: BYTES,
};

function form(...parts: Part[]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(({ head, content }) => [
      Buffer.from(`--X\r\n${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--X--\r\n'),
  ]);
}

describe('parseImageUpload', () => {
  it('returns meta and the file byte for byte', async () => {
    const bytes = Buffer.from('89504e470d0a1a0a0d0a2d2d0d0a2d2d00fffe', 'hex');

    expect(await parseImageUpload(TYPE, form(meta, { ...file, content: bytes }))).toEqual({
      meta: META,
      filename: '凭证.png',
      bytes,
    });
  });

  it('takes the parts in any order, with a quoted boundary', async () => {
    const upload = await parseImageUpload(
      'multipart/form-data; boundary="X"',
      form({ ...file, content: 'PNG' }, meta),
    );

    expect(upload).toMatchObject({ meta: META, bytes: Buffer.from('PNG') });
  });

  const small = { ...file, content: 'PNG' };

  it.each<[string, string | undefined, Buffer]>([
    ['without a content type', undefined, form(meta, small)],
    ['with another content type', 'application/json', form(meta, small)],
    ['without a boundary', 'multipart/form-data', form(meta, small)],
    ['with another boundary', 'multipart/form-data; boundary=Y', form(meta, small)],
    ['without a file', TYPE, form(meta)],
    ['without meta', TYPE, form(small)],
    ['with a third part', TYPE, form(meta, small, small)],
    ['that ends early', TYPE, form(meta, small).subarray(0, -8)],
    ['with a boundary inside the file', TYPE, form(meta, file)],
    [
      'with a file name for meta',
      TYPE,
      form({ ...meta, head: meta.head.replace('"meta"', '"meta"; filename="meta.json"') }, small),
    ],
    [
      'with a text in place of the file',
      TYPE,
      form(meta, { ...small, head: 'Content-Disposition: form-data; name="file"' }),
    ],
    [
      'with a meta that is no UTF-8',
      TYPE,
      form({ ...meta, content: Buffer.from([0x7b, 0xff, 0x7d]) }, small),
    ],
  ])('returns nothing for a form %s', async (_case, type, body) => {
    expect(await parseImageUpload(type, body)).toBeUndefined();
  });

  it('returns a byte order mark before meta, or nothing: the signature covers it', async () => {
    const withMark = `\uFEFF${META}`;

    const upload = await parseImageUpload(TYPE, form({ ...meta, content: withMark }, small));

    // Versions of Node differ.
    expect([undefined, withMark]).toContain(upload?.meta);
  });
});
