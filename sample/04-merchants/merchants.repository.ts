import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { MerchantOptions } from 'nestjs-wechatpay-complaint';

/**
 * In place of a database table with one row per merchant. A real one keeps private keys and APIv3 keys
 * encrypted, and decrypts them here.
 */
@Injectable()
export class MerchantsRepository {
  /** How often a merchant was looked up, by mchid. */
  readonly lookups = new Map<string, number>();
  private readonly folder = process.env.MERCHANTS_FOLDER ?? 'merchants';

  /** Undefined if there is no such merchant. The module has checked the form of the mchid. */
  async find(mchid: string): Promise<MerchantOptions | undefined> {
    this.lookups.set(mchid, (this.lookups.get(mchid) ?? 0) + 1);
    try {
      return JSON.parse(await readFile(this.pathOf(mchid), 'utf8')) as MerchantOptions;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Adds or replaces a row, in one step. */
  async save(merchant: MerchantOptions): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = this.pathOf(merchant.mchid);
    await writeFile(`${path}.new`, JSON.stringify(merchant), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async remove(mchid: string): Promise<void> {
    await rm(this.pathOf(mchid), { force: true });
  }

  private pathOf(mchid: string): string {
    return join(this.folder, `${mchid}.json`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
