import { BlockList, isIP } from 'node:net';

const MAX_LENGTH = 255;

/** Networks that cannot be reached from the internet. */
const PRIVATE_ADDRESSES = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE_ADDRESSES.addSubnet(network, prefix, 'ipv4');
  PRIVATE_ADDRESSES.addSubnet(`::ffff:${network}`, prefix + 96, 'ipv6');
}
PRIVATE_ADDRESSES.addAddress('::', 'ipv6');
PRIVATE_ADDRESSES.addAddress('::1', 'ipv6');
PRIVATE_ADDRESSES.addSubnet('fc00::', 7, 'ipv6');
PRIVATE_ADDRESSES.addSubnet('fe80::', 10, 'ipv6');

/** Whether the host of a URL cannot be reached from the internet. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  const family = isIP(host);
  if (family !== 0) return PRIVATE_ADDRESSES.check(host, family === 4 ? 'ipv4' : 'ipv6');
  return !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host);
}

/** Whether the host of a URL is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/**
 * Lists everything that keeps WeChat Pay from delivering notifications to this URL.
 *
 * @param allowPrivate accept loopback and private hosts, over http and with a port too
 * @returns ends of sentences that begin with the name of the option; empty if the URL is fine
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012458679
 */
export function callbackUrlProblems(url: unknown, allowPrivate = false): string[] {
  if (typeof url !== 'string' || url === '') return ['must be a non-empty string'];
  const problems: string[] = [];
  if (url.length > MAX_LENGTH) {
    problems.push(`has ${url.length} characters; at most ${MAX_LENGTH} are allowed`);
  }
  if (!/^[\x21-\x7e]+$/.test(url) || url.includes('\\')) {
    problems.push(
      'must be ASCII without spaces: use no Chinese domain, and percent-encode the path',
    );
    return problems;
  }
  const match = /^(https?):\/\/([^/?#]+)/i.exec(url);
  if (!match || !URL.canParse(url)) {
    problems.push('must be an absolute https:// URL');
    return problems;
  }
  const [, scheme = '', authority = ''] = match;
  const { hostname, username, password } = new URL(url);
  const isPrivate = isPrivateHost(hostname);
  const isExempt = isPrivate && allowPrivate;
  if (scheme.toLowerCase() !== 'https' && !isExempt) problems.push('must use https');
  if (username !== '' || password !== '' || authority.includes('@')) {
    problems.push('must not contain credentials');
  }
  if (/:\d*$/.test(authority) && !isExempt) problems.push('must not contain a port');
  if (url.includes('?')) problems.push('must not contain a query string');
  if (url.includes('#')) problems.push('must not contain a fragment');
  if (hostname.split('.').some((label) => label.startsWith('xn--'))) {
    problems.push('must not use a Chinese or other internationalised domain');
  }
  if (isPrivate && !allowPrivate) {
    problems.push(
      'points to a loopback or private host, which WeChat Pay cannot reach ' +
        '(allowPrivateCallbackUrls accepts it for development)',
    );
  }
  return problems;
}
