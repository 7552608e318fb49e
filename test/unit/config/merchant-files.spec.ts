import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readMerchantFiles } from '../../../lib/config/merchant-files.js';
import { collect, problem } from '../../support/option-problems.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merchant-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const read = (path = '') => collect((report) => readMerchantFiles(join(folder, path), report));

describe('readMerchantFiles', () => {
  it('reads a file with a list of merchants', async () => {
    await write({ 'shops.json': [{ mchid: '1' }, { mchid: '2' }] });

    expect(read('shops.json')).toEqual({
      result: [
        { origin: 'shops.json[0]', options: { mchid: '1' } },
        { origin: 'shops.json[1]', options: { mchid: '2' } },
      ],
      problems: [],
    });
  });

  it('reads a file with one merchant, and one with a byte order mark', async () => {
    await write({ 'shop.json': `\uFEFF${JSON.stringify({ mchid: '1' })}` });

    expect(read('shop.json').result).toEqual([{ origin: 'shop.json', options: { mchid: '1' } }]);
  });

  it('reads a directory with a file or a folder for each merchant, in order', async () => {
    await write({
      'b.json': { mchid: '2' },
      'a/merchant.json': { mchid: '1', privateKey: 'apiclient_key.pem' },
      'a/apiclient_key.pem': PEM,
      'a/apiclient_cert.pem': 'not read',
      'README.md': 'not read',
      'empty/notes.txt': 'not read',
      '..data/merchant.json': { mchid: '3' },
    });

    expect(read()).toEqual({
      result: [
        { origin: 'a/merchant.json', options: { mchid: '1', privateKey: PEM } },
        { origin: 'b.json', options: { mchid: '2' } },
      ],
      problems: [],
    });
  });

  it('follows symbolic links, by which Kubernetes mounts secrets', async () => {
    await write({ '..data/a.json': { mchid: '1' } });
    await symlink(join('..data', 'a.json'), join(folder, 'a.json'));

    expect(read().result).toEqual([{ origin: 'a.json', options: { mchid: '1' } }]);
  });

  it('reads PEM files relative to the JSON file, and PEM text as it is', async () => {
    await write({
      'keys/own.pem': PEM,
      'keys/pub_key.pem': `${PEM}2`,
      'shop.json': {
        privateKey: 'keys/own.pem',
        platformKeys: { A1: 'keys/pub_key.pem', B2: PEM, C3: join(folder, 'keys/own.pem') },
      },
    });

    expect(read('shop.json').result[0]?.options).toEqual({
      privateKey: PEM,
      platformKeys: { A1: `${PEM}2`, B2: PEM, C3: PEM },
    });
  });

  it('leaves values that are no text to the check of the options', async () => {
    const options = { mchid: 1900000109, privateKey: 7, platformKeys: ['A1'] };
    await write({ 'shop.json': options });

    expect(read('shop.json')).toMatchObject({ result: [{ options }], problems: [] });
  });

  it.each<[what: string, files: Readonly<Record<string, unknown>>, path: string, text: RegExp]>([
    ['a path that does not exist', {}, 'none', /^cannot be read \(ENOENT\)$/],
    ['an empty directory', {}, '', /^names a directory without merchants$/],
  ])('reports %s', async (_what, files, path, text) => {
    await write(files);

    expect(read(path)).toEqual({ result: [], problems: [problem('', text, /./)] });
  });

  it('reports every faulty file by its name, and reads the others', async () => {
    await write({
      'a.json': '{ "apiV3Key": secret',
      'b.json': [],
      'c.json': [{ mchid: '1' }, 'secret'],
      'd.json': { mchid: '2', privateKey: 'missing.pem' },
      'e.json/merchant.json/x': '',
      'f.json': { mchid: '3' },
    });
    const { result, problems } = read();

    expect(result.map(({ origin }) => origin)).toEqual(['c.json[0]', 'd.json', 'f.json']);
    expect(problems).toEqual([
      problem('a.json', 'is not JSON', /line feeds/),
      problem('b.json', 'holds an empty list', /./),
      problem('c.json[1]', 'is of type string', /./),
      problem('privateKey in d.json', /^is neither PEM text nor .* \(ENOENT\)$/, /relative/),
      problem('e.json/merchant.json', 'cannot be read (EISDIR)', /./),
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret');
  });
});
