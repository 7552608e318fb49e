import type { TestMerchant, TestPlatformKey } from '../../test-merchant.js';
import type { ImageLinks } from './image-links.js';
import { SimulatedComplaints } from './simulated-complaints.js';
import { type SimulatedImage, SimulatedImages } from './simulated-images.js';

/** What WeChat Pay knows about one merchant. */
export class MerchantState {
  readonly complaints: SimulatedComplaints;
  readonly images: SimulatedImages;
  /** The registered callback URL. */
  callbackUrl?: string;
  /** What `/v3/certificates` lists; the last one signs. */
  certificates: readonly TestPlatformKey[];

  constructor(
    private present: TestMerchant,
    links: ImageLinks,
    clock: () => number,
  ) {
    this.images = new SimulatedImages(links);
    this.complaints = new SimulatedComplaints(present, this.images, clock);
    this.certificates = certificatesOf(present);
  }

  /** With its present keys. */
  get merchant(): TestMerchant {
    return this.present;
  }

  /** Replaces the keys of the merchant and of WeChat Pay. */
  setMerchant(merchant: TestMerchant): void {
    this.present = merchant;
    this.complaints.setMerchant(merchant);
    this.certificates = certificatesOf(merchant);
  }

  /**
   * The key that a response is signed with: the one that `Wechatpay-Serial` of the request names.
   * Without that header it is the newest certificate, if there is any, or the public key.
   */
  responseKey(wantedSerial?: string): TestPlatformKey | undefined {
    const { merchant, certificates } = this;
    const keys =
      merchant.mode === 'certificate' ? certificates : [merchant.publicKey, ...certificates];
    return wantedSerial === undefined ? keys.at(-1) : keys.find(({ id }) => id === wantedSerial);
  }

  /** The key that a notification is signed with. */
  get notificationKey(): TestPlatformKey | undefined {
    return this.merchant.mode === 'certificate' ? this.certificates.at(-1) : undefined;
  }
}

/** What WeChat Pay lists for a merchant at first. */
function certificatesOf({ mode, platformCertificate }: TestMerchant): TestPlatformKey[] {
  return mode === 'public-key' ? [] : [platformCertificate];
}

/** All merchants of a simulator. */
export class SimulatedMerchants {
  private readonly states = new Map<string, MerchantState>();

  /** @throws Error when two merchants have the same id */
  constructor(
    merchants: readonly TestMerchant[],
    readonly links: ImageLinks,
    private readonly clock: () => number,
  ) {
    for (const merchant of merchants) {
      if (this.states.has(merchant.mchid)) {
        throw new Error(
          `Two merchants have the id ${merchant.mchid}: give each a mchid of its own, or none.`,
        );
      }
      this.states.set(merchant.mchid, new MerchantState(merchant, links, clock));
    }
  }

  /** Adds a merchant, or replaces the keys of the one with this id. */
  set(merchant: TestMerchant): void {
    const state = this.states.get(merchant.mchid);
    if (state) state.setMerchant(merchant);
    else this.states.set(merchant.mchid, new MerchantState(merchant, this.links, this.clock));
  }

  /** @throws Error when the simulator does not have this merchant */
  get({ mchid }: Pick<TestMerchant, 'mchid'>): MerchantState {
    const state = this.find(mchid);
    if (!state) throw new Error(`The simulator does not know merchant ${mchid}.`);
    return state;
  }

  find(mchid: string): MerchantState | undefined {
    return this.states.get(mchid);
  }

  /** The merchant that a complaint was made to. */
  findByComplaint(complaintId: string): MerchantState | undefined {
    return [...this.states.values()].find(({ complaints }) => complaints.has(complaintId));
  }

  /** The image that a pre-signed link leads to. */
  findByLink(target: string): SimulatedImage | undefined {
    const key = this.links.verify(target);
    if (key === undefined) return undefined;
    for (const { images } of this.states.values()) {
      const image = images.get(key);
      if (image) return image;
    }
    return undefined;
  }
}
