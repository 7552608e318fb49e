import { describe, expect, it } from '@jest/globals';
import {
  callbackUrlProblems,
  isLoopbackHost,
  isPrivateHost,
} from '../../../lib/protocol/callback-url.js';

const ASCII = 'must be ASCII without spaces: use no Chinese domain, and percent-encode the path';
const ABSOLUTE = 'must be an absolute https:// URL';
const HTTPS = 'must use https';
const CREDENTIALS = 'must not contain credentials';
const PORT = 'must not contain a port';
const QUERY = 'must not contain a query string';
const FRAGMENT = 'must not contain a fragment';
const DOMAIN = 'must not use a Chinese or other internationalised domain';
const PRIVATE =
  'points to a loopback or private host, which WeChat Pay cannot reach ' +
  '(allowPrivateCallbackUrls accepts it for development)';

describe('callbackUrlProblems', () => {
  it.each([
    'https://shop.example.com/wechatpay/complaints',
    'https://shop.example.com',
    'HTTPS://Shop.Example.COM/',
    'https://shop.example.com/%E6%8A%95%E8%AF%89/@a:1',
    'https://8.8.8.8/complaints',
    'https://[2001:4860:4860::8888]/complaints',
  ])('accepts %s', (url) => {
    expect(callbackUrlProblems(url)).toEqual([]);
  });

  it.each([[undefined], [null], [''], [42], [new URL('https://shop.example.com/')]])(
    'requires a string instead of %p',
    (url) => {
      expect(callbackUrlProblems(url)).toEqual(['must be a non-empty string']);
    },
  );

  it('accepts up to 255 characters', () => {
    const longest = 'https://shop.example.com/'.padEnd(255, 'a');

    expect(callbackUrlProblems(longest)).toEqual([]);
    expect(callbackUrlProblems(`${longest}a`)).toEqual([
      'has 256 characters; at most 255 are allowed',
    ]);
  });

  it.each([
    ['a Chinese domain', 'https://商店.example.com/', ASCII],
    ['a Chinese path', 'https://shop.example.com/投诉', ASCII],
    ['a space', 'https://shop.example.com/a b', ASCII],
    ['a space in front', ' https://shop.example.com/', ASCII],
    ['a line feed', 'https://shop.example.com/a\n', ASCII],
    // URL parsers drop tabs and turn backslashes into slashes, so they read another URL.
    ['a tab', 'https://shop.exa\tmple.com/', ASCII],
    ['a backslash', 'https:\\\\shop.example.com\\a', ASCII],
    ['a path alone', '/wechatpay/complaints', ABSOLUTE],
    ['a host alone', 'shop.example.com', ABSOLUTE],
    ['another scheme', 'ftp://shop.example.com/', ABSOLUTE],
    ['one slash', 'https:/shop.example.com/', ABSOLUTE],
    ['three slashes', 'https:///shop.example.com/', ABSOLUTE],
    ['an impossible address', 'https://999.1.1.1/', ABSOLUTE],
    ['http', 'http://shop.example.com/', HTTPS],
    ['a user name', 'https://user@shop.example.com/', CREDENTIALS],
    ['a password', 'https://user:secret@shop.example.com/', CREDENTIALS],
    ['empty credentials', 'https://@shop.example.com/', CREDENTIALS],
    ['a port', 'https://shop.example.com:8443/', PORT],
    ['the usual port', 'https://shop.example.com:443/', PORT],
    ['an empty port', 'https://shop.example.com:/', PORT],
    ['a port after an IPv6 address', 'https://[2001:4860:4860::8888]:443/', PORT],
    ['a query string', 'https://shop.example.com/?a=1', QUERY],
    ['an empty query string', 'https://shop.example.com/a?', QUERY],
    ['a query string without a path', 'https://shop.example.com?a', QUERY],
    ['a fragment', 'https://shop.example.com/#a', FRAGMENT],
    ['an empty fragment', 'https://shop.example.com/#', FRAGMENT],
    ['a domain in Punycode', 'https://xn--pvt.example.com/', DOMAIN],
    ['a domain in upper-case Punycode', 'https://shop.XN--FIQS8S/', DOMAIN],
    ['a domain with escapes', 'https://%E5%95%86%E5%BA%97.example.com/', DOMAIN],
    ['localhost', 'https://localhost/', PRIVATE],
    ['a private address', 'https://192.168.1.2/', PRIVATE],
    ['a loopback address in disguise', 'https://0x7f.1/', PRIVATE],
    ['an escaped localhost', 'https://%6cocalhost/', PRIVATE],
  ])('rejects %s', (_what, url, problem) => {
    expect(callbackUrlProblems(url)).toEqual([problem]);
  });

  it('lists every problem', () => {
    const url = 'http://user:secret@xn--pvt.local:8080/?a=1#b'.padEnd(256, 'b');

    expect(callbackUrlProblems(url)).toEqual([
      'has 256 characters; at most 255 are allowed',
      HTTPS,
      CREDENTIALS,
      PORT,
      QUERY,
      FRAGMENT,
      DOMAIN,
      PRIVATE,
    ]);
  });

  it('also names the length of a URL that cannot be parsed', () => {
    const problem = 'has 256 characters; at most 255 are allowed';

    expect(callbackUrlProblems('投'.repeat(256))).toEqual([problem, ASCII]);
    expect(callbackUrlProblems('a'.repeat(256))).toEqual([problem, ABSOLUTE]);
  });

  describe('with allowPrivate', () => {
    it.each([
      'http://localhost:3000/wechatpay/complaints',
      'http://127.0.0.1:3000/',
      'http://[::1]:3000/',
      'http://host.docker.internal/',
      'https://10.0.0.1/',
    ])('accepts http and a port: %s', (url) => {
      expect(callbackUrlProblems(url, true)).toEqual([]);
    });

    it('is as strict for public hosts', () => {
      expect(callbackUrlProblems('http://shop.example.com:80/', true)).toEqual([HTTPS, PORT]);
    });

    it('accepts nothing else', () => {
      const url = 'http://user@localhost:3000/?a#b';

      expect(callbackUrlProblems(url, true)).toEqual([CREDENTIALS, QUERY, FRAGMENT]);
    });
  });
});

describe('isPrivateHost', () => {
  it.each([
    // The first and the last address of each network.
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.0',
    '192.168.255.255',
    '[::]',
    '[::1]',
    '[fc00::1]',
    '[fdff::1]',
    '[fe80::1]',
    '[febf::1]',
    // IPv4 addresses in IPv6, as URL writes them.
    '[::ffff:7f00:1]',
    '[::ffff:c0a8:101]',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'api.localhost',
    'mac.local',
    'Mac.Local.',
    'db.internal',
    'nas.lan',
    'nas.home.arpa',
    'intranet',
  ])('is true for %s', (hostname) => {
    expect(isPrivateHost(hostname)).toBe(true);
  });

  it.each([
    // The neighbours of each network.
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '[::2]',
    '[2001:4860:4860::8888]',
    '[fec0::1]',
    '[::ffff:808:808]',
    'shop.example.com',
    'shop.example.com.',
    'localhost.example.com',
    'notlocal.example',
    'mylocal.lan.example.com',
  ])('is false for %s', (hostname) => {
    expect(isPrivateHost(hostname)).toBe(false);
  });
});

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LocalHost', '127.0.0.1', '127.255.0.3', '[::1]'])(
    'is true for %s',
    (hostname) => {
      expect(isLoopbackHost(hostname)).toBe(true);
    },
  );

  it.each([
    '128.0.0.1',
    '10.0.0.1',
    '127.0.0.1.example.com',
    'localhost.example.com',
    'api.localhost',
    'my127.0.0.1',
    '[::2]',
    '0.0.0.0',
    '',
  ])('is false for "%s"', (hostname) => {
    expect(isLoopbackHost(hostname)).toBe(false);
  });
});
