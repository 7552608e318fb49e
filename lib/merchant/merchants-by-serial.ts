import { isValidAt, type PlatformKey } from '../protocol/rsa-key.js';
import type { MerchantContext } from './merchant-context.js';

/** The merchants for which WeChat Pay signs with one key: a few, or all that an app has. */
export class MerchantsOfKey {
  private readonly merchants: MerchantContext[] = [];

  constructor(readonly platformKey: PlatformKey) {}

  get size(): number {
    return this.merchants.length;
  }

  /** The merchant, if there is no other one. */
  get single(): MerchantContext | undefined {
    return this.merchants.length === 1 ? this.merchants[0] : undefined;
  }

  add(merchant: MerchantContext): void {
    this.merchants.push(merchant);
  }

  remove(merchant: MerchantContext): void {
    const index = this.merchants.indexOf(merchant);
    if (index >= 0) this.merchants.splice(index, 1);
  }

  /** The first one that passes. It comes first from now on, because notifications come in bursts. */
  find(passes: (merchant: MerchantContext) => boolean): MerchantContext | undefined {
    const { merchants } = this;
    const index = merchants.findIndex(passes);
    const [first, found] = [merchants[0], merchants[index]];
    if (first && found) [merchants[0], merchants[index]] = [found, first];
    return found;
  }

  filter(passes: (merchant: MerchantContext) => boolean): MerchantContext[] {
    return this.merchants.filter(passes);
  }

  /** Those that have their APIv3 key in common with others, by that key. */
  alike(): MerchantContext[][] {
    const byApiV3Key = new Map<string, MerchantContext[]>();
    for (const merchant of this.merchants) {
      const key = merchant.options.apiV3Key.export().toString('base64');
      byApiV3Key.set(key, [...(byApiV3Key.get(key) ?? []), merchant]);
    }
    return [...byApiV3Key.values()].filter(({ length }) => length > 1);
  }
}

/**
 * Finds merchants by the platform key that signs for them. The id of a public key belongs to one
 * merchant; a platform certificate may serve many. Two merchants may also have different keys under
 * one serial number, if one of them was given a wrong one.
 */
export class MerchantsBySerial {
  private readonly bySerial = new Map<string, MerchantsOfKey[]>();
  private readonly serialsOf = new Map<MerchantContext, readonly string[]>();

  /** Takes the present keys of a merchant in, in place of those it had before. */
  update(merchant: MerchantContext): void {
    const entries = [...merchant.keys.entries()];
    for (const serial of this.serialsOf.get(merchant) ?? []) this.remove(serial, merchant);
    for (const [serial, key] of entries) this.add(serial, key, merchant);
    this.serialsOf.set(
      merchant,
      entries.map(([serial]) => serial),
    );
  }

  /** By key; a key that has expired is left out. */
  find(serial: string): MerchantsOfKey[] {
    const now = Date.now();
    const known = this.bySerial.get(serial) ?? [];
    return known.filter(({ platformKey }) => isValidAt(platformKey, now));
  }

  /** Groups of merchants that neither a platform key nor the APIv3 key tells apart. */
  alike(): MerchantContext[][] {
    return [...this.bySerial.values()]
      .flat()
      .flatMap((ofKey) => (ofKey.size > 1 ? ofKey.alike() : []));
  }

  private add(serial: string, platformKey: PlatformKey, merchant: MerchantContext): void {
    const known = this.bySerial.get(serial) ?? [];
    let ofKey = known.find(({ platformKey: { key } }) => key.equals(platformKey.key));
    if (!ofKey) {
      ofKey = new MerchantsOfKey(platformKey);
      this.bySerial.set(serial, [...known, ofKey]);
    }
    ofKey.add(merchant);
  }

  private remove(serial: string, merchant: MerchantContext): void {
    const known = this.bySerial.get(serial) ?? [];
    for (const ofKey of known) ofKey.remove(merchant);
    const left = known.filter(({ size }) => size > 0);
    if (left.length > 0) this.bySerial.set(serial, left);
    else this.bySerial.delete(serial);
  }
}
