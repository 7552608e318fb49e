import { createHash, randomBytes } from 'node:crypto';
import { parseJsonObject } from '../../../utils/json.js';
import type { ImageUpload } from '../image-upload.js';
import { invalidRequest, notFound, paramError, RequestRejection } from '../simulated-response.js';
import { digits } from './digits.js';
import type { ImageLinks } from './image-links.js';

export interface SimulatedImage {
  readonly contentType: string;
  readonly bytes: Buffer;
}

const MAX_BYTES = 2 * 1024 * 1024;
const KEY_LENGTH = 27;
/** What precedes the key in a media id. */
const ID_HEAD = Buffer.from([0x0a, KEY_LENGTH]);
/** Every eighth media id has a slash, as about one in eight has on the service. */
const SLASH_INTERVAL = 8;
/** The URLs of a complaint have this host, whichever host was called. */
const IMAGES_URL = 'https://api.mch.weixin.qq.com/v3/merchant-service/images/';

/** By magic number. Not the client's own list: the simulator checks what the client lets through. */
const KINDS: readonly [magic: Buffer, contentType: string, extension: RegExp][] = [
  [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'image/png', /\.png$/i],
  [Buffer.from([0xff, 0xd8, 0xff]), 'image/jpeg', /\.jpg$/i],
  [Buffer.from('BM'), 'image/bmp', /\.bmp$/i],
];

/**
 * The images of one merchant's complaints. Each has a key, which only the simulator knows. For the
 * merchant it has a media id, which is new at every read, and often a link.
 */
export class SimulatedImages {
  private readonly images = new Map<string, SimulatedImage>();
  /** Keys by the media id that an upload returned. */
  private readonly uploads = new Map<string, string>();
  private mediaIds = 0;

  constructor(private readonly links: ImageLinks) {}

  /** @returns its key @throws Error when the bytes are no JPG, BMP or PNG image */
  add(data: Uint8Array): string {
    const bytes = Buffer.from(data);
    const kind = kindOf(bytes);
    if (!kind) throw new Error('The image is no JPG, BMP or PNG.');
    const key = digits(KEY_LENGTH);
    this.images.set(key, { contentType: kind[1], bytes });
    return key;
  }

  get(key: string): SimulatedImage | undefined {
    return this.images.get(key);
  }

  /**
   * Keeps what a merchant uploads.
   *
   * @returns the media id for replies and decisions, which cannot be downloaded
   * @throws RequestRejection PARAM_ERROR
   */
  upload({ meta, filename, bytes }: ImageUpload): string {
    const described = parseJsonObject(Buffer.from(meta));
    const kind = kindOf(bytes);
    const reject = (field: string, value: unknown, issue: string): RequestRejection =>
      new RequestRejection(paramError(field, value, issue));
    if (described?.filename !== filename) {
      throw reject('filename', described?.filename, '文件名与 meta 不一致');
    }
    if (bytes.length > MAX_BYTES) throw reject('file', undefined, '图片大小超过 2M');
    if (!kind?.[2].test(filename)) {
      throw reject('filename', filename, '图片格式仅支持 JPG、BMP、PNG');
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (described.sha256 !== sha256) throw reject('sha256', described.sha256, '文件摘要不一致');
    const extension = filename.slice(filename.lastIndexOf('.'));
    const mediaId = `${randomBytes(16).toString('hex').toUpperCase()}${extension}`;
    this.uploads.set(mediaId, this.add(bytes));
    return mediaId;
  }

  /** The key of an uploaded image. */
  uploaded(mediaId: string): string | undefined {
    return this.uploads.get(mediaId);
  }

  /**
   * The image that a media id of a complaint names.
   *
   * @throws RequestRejection RESOURCE_NOT_EXISTS; INVALID_REQUEST for the media id of an upload
   */
  download(mediaId: string): SimulatedImage {
    if (this.uploads.has(mediaId)) {
      // Reports from the field tell the status only.
      throw new RequestRejection(invalidRequest('上传图片返回的 media_id 不支持下载'));
    }
    const id = Buffer.from(mediaId, 'base64');
    const isCanonical = id.toString('base64') === mediaId;
    const key = id.toString('latin1', ID_HEAD.length, ID_HEAD.length + KEY_LENGTH);
    const image = isCanonical ? this.images.get(key) : undefined;
    if (!image) throw new RequestRejection(notFound('图片不存在'));
    return image;
  }

  /** For `media_url`. It differs at every read, because a real one contains the time of the read. */
  mediaUrl(key: string): string {
    return `${IMAGES_URL}${encodeURIComponent(this.mediaId(key))}`;
  }

  /** For `image_list`. */
  link(key: string): string {
    return this.links.create(key);
  }

  /** Base64 of a structure like the real one, with random bytes in place of the time. */
  private mediaId(key: string): string {
    const wantsSlash = this.mediaIds % SLASH_INTERVAL === 0;
    this.mediaIds += 1;
    for (;;) {
      const id = Buffer.concat([
        ID_HEAD,
        Buffer.from(key),
        Buffer.from([0x18, 0x00, 0x20]),
        randomBytes(5),
        Buffer.from([0x28, 0x01, 0x30, 0x01, 0x38, 0x01]),
      ]).toString('base64');
      // By count and not by chance, so that a test is the same on every run.
      if (id.includes('/') === wantsSlash) return id;
    }
  }
}

function kindOf(bytes: Buffer): (typeof KINDS)[number] | undefined {
  return KINDS.find(([magic]) => bytes.subarray(0, magic.length).equals(magic));
}
