import { randomBytes } from 'node:crypto';

/** Random decimal digits, for ids. */
export function digits(count: number): string {
  return BigInt(`0x${randomBytes(count).toString('hex')}`)
    .toString()
    .slice(-count);
}
