import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  completeTestMerchant,
  createTestMerchant,
  type TestMerchant,
  type TestMerchantMode,
  type TestPlatformKey,
} from '../../testing/test-merchant.js';
import { type JsonObject, parseJsonObject } from '../../utils/json.js';
import { errorMessage } from '../../utils/error-message.js';
import { CommandError, EXIT } from '../exit-codes.js';

export const MERCHANT_MODES = ['public-key', 'certificate', 'migration'] as const;

/** The files of the folder. What a merchant has is named as in the merchant console. */
const FILES = {
  settings: 'merchant.json',
  privateKey: 'apiclient_key.pem',
  certificate: 'apiclient_cert.pem',
  publicKey: 'pub_key.pem',
  publicKeyOfWechatPay: 'wechatpay_public_key_private.pem',
  platformCertificate: 'wechatpay_certificate.pem',
  platformCertificateOfWechatPay: 'wechatpay_certificate_private.pem',
} as const;

/**
 * A simulated merchant with its keys, kept in a folder: an app that has its environment keeps working
 * when the simulator is started again. Nothing in the folder is worth anything to WeChat Pay.
 */
export class MerchantFolder {
  private constructor(
    private readonly folder: string,
    readonly merchant: TestMerchant,
    private registered: string | undefined,
  ) {}

  /** @throws CommandError when there is no merchant in the folder */
  static open(folder: string): MerchantFolder {
    if (!exists(folder)) {
      throw new CommandError(
        EXIT.configuration,
        `There is no simulated merchant in ${folder}. Start the simulator first: ` +
          'wechatpay-complaint simulate',
      );
    }
    try {
      return MerchantFolder.read(folder);
    } catch (cause) {
      throw new CommandError(
        EXIT.configuration,
        `The simulated merchant in ${folder} cannot be read: ${errorMessage(cause)}. ` +
          'Delete the folder; the simulator makes a new one.',
        { cause },
      );
    }
  }

  /** Opens the merchant of a folder, or makes one. @throws CommandError */
  static async openOrCreate(folder: string, mode: TestMerchantMode): Promise<MerchantFolder> {
    if (exists(folder)) return MerchantFolder.open(folder);
    const created = new MerchantFolder(folder, await create(mode), undefined);
    created.write();
    return created;
  }

  /** The callback URL that was registered when the simulator ran last. */
  get registeredUrl(): string | undefined {
    return this.registered;
  }

  set registeredUrl(url: string | undefined) {
    if (url === this.registered) return;
    this.registered = url;
    this.writeSettings();
  }

  /**
   * The merchant's environment variables, with its keys as paths of files. Those that do not apply are
   * empty, so that no key of a `.env` is mixed in; settings that are not about the merchant are left out,
   * so that those of the app apply.
   */
  environment(simulatorUrl: string): Readonly<Record<string, string>> {
    const {
      WECHATPAY_CALLBACK_URL: _url,
      WECHATPAY_TIMEOUT: _timeout,
      WECHATPAY_CLOCK_TOLERANCE: _tolerance,
      ...environment
    } = this.merchant.environment;
    const path = (name: string): string => resolve(this.folder, name);
    return {
      ...environment,
      WECHATPAY_PRIVATE_KEY: '',
      WECHATPAY_PRIVATE_KEY_PATH: path(FILES.privateKey),
      ...(environment.WECHATPAY_PUBLIC_KEY !== '' && {
        WECHATPAY_PUBLIC_KEY: '',
        WECHATPAY_PUBLIC_KEY_PATH: path(FILES.publicKey),
      }),
      WECHATPAY_BASE_URLS: simulatorUrl,
    };
  }

  private static read(folder: string): MerchantFolder {
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const settings = parseJsonObject(Buffer.from(text(FILES.settings))) ?? {};
    const mode = MERCHANT_MODES.find((known) => known === settings.mode);
    if (mode === undefined) throw new Error(`${FILES.settings} names no mode`);
    const privateKeyOf = (name: string): Pick<TestPlatformKey, 'privateKey'> => ({
      privateKey: createPrivateKey(text(name)),
    });
    const certificate = text(FILES.certificate);
    const platformCertificate = text(FILES.platformCertificate);
    const merchant = completeTestMerchant({
      mode,
      mchid: requireText(settings, 'mchid'),
      serial: serialOf(certificate),
      privateKey: text(FILES.privateKey),
      certificate,
      apiV3Key: requireText(settings, 'apiV3Key'),
      publicKey: {
        id: requireText(settings, 'publicKeyId'),
        pem: text(FILES.publicKey),
        ...privateKeyOf(FILES.publicKeyOfWechatPay),
      },
      platformCertificate: {
        id: serialOf(platformCertificate),
        pem: platformCertificate,
        ...privateKeyOf(FILES.platformCertificateOfWechatPay),
      },
    });
    const { callbackUrl } = settings;
    return new MerchantFolder(
      folder,
      merchant,
      typeof callbackUrl === 'string' ? callbackUrl : undefined,
    );
  }

  private write(): void {
    const { privateKey, certificate, publicKey, platformCertificate } = this.merchant;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.writeFile('.gitignore', '*\n');
    this.writeFile(FILES.privateKey, privateKey);
    this.writeFile(FILES.certificate, certificate);
    this.writeFile(FILES.publicKey, publicKey.pem);
    this.writeFile(FILES.publicKeyOfWechatPay, pemOf(publicKey));
    this.writeFile(FILES.platformCertificate, platformCertificate.pem);
    this.writeFile(FILES.platformCertificateOfWechatPay, pemOf(platformCertificate));
    // Last, because a folder without it has no merchant.
    this.writeSettings();
  }

  private writeSettings(): void {
    const { mode, mchid, apiV3Key, publicKey } = this.merchant;
    const settings = {
      mode,
      mchid,
      apiV3Key,
      publicKeyId: publicKey.id,
      callbackUrl: this.registered,
    };
    this.writeFile(FILES.settings, `${JSON.stringify(settings, null, 2)}\n`);
  }

  private writeFile(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content, { mode: 0o600 });
  }
}

function exists(folder: string): boolean {
  return existsSync(join(folder, FILES.settings));
}

/** The error for a missing optional package names it. */
async function create(mode: TestMerchantMode): Promise<TestMerchant> {
  try {
    return await createTestMerchant({ mode });
  } catch (cause) {
    throw new CommandError(EXIT.configuration, errorMessage(cause), { cause });
  }
}

function pemOf({ privateKey }: TestPlatformKey): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function serialOf(certificate: string): string {
  return new X509Certificate(certificate).serialNumber.toUpperCase();
}

function requireText(settings: JsonObject, name: string): string {
  const value = settings[name];
  if (typeof value !== 'string' || value === '')
    throw new Error(`${FILES.settings} has no ${name}`);
  return value;
}
