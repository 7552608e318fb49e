import { createHash, randomBytes } from 'node:crypto';
import { parseJsonObject } from '../../utils/json.js';
import type { ImageUpload } from './image-upload.js';
import { RequestRejection, paramError } from './simulated-response.js';

export interface SimulatedImage {
  readonly contentType: string;
  readonly bytes: Buffer;
}

const MAX_BYTES = 2 * 1024 * 1024;

/** By how the bytes begin. Not the client's list: what that one lets through is judged here. */
const KINDS: readonly [start: Buffer, contentType: string, extension: RegExp][] = [
  [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'image/png', /\.png$/i],
  [Buffer.from([0xff, 0xd8, 0xff]), 'image/jpeg', /\.jpg$/i],
  [Buffer.from('BM'), 'image/bmp', /\.bmp$/i],
];

/** The images of one merchant's complaints, by media id. */
export class SimulatedImages {
  private readonly images = new Map<string, SimulatedImage>();

  /** @throws Error when the bytes are no JPG, BMP or PNG */
  add(data: Uint8Array): string {
    const bytes = Buffer.from(data);
    const kind = kindOf(bytes);
    if (!kind) throw new Error('The image is no JPG, BMP or PNG.');
    // Like real ones it has characters that a URL has to escape.
    const id = `${randomBytes(32).toString('base64').replaceAll('/', '+')}=`;
    this.images.set(id, { contentType: kind[1], bytes });
    return id;
  }

  get(id: string): SimulatedImage | undefined {
    return this.images.get(id);
  }

  /**
   * Keeps what a merchant uploads.
   *
   * @throws CallRefusal PARAM_ERROR
   */
  upload({ meta, filename, bytes }: ImageUpload): string {
    const described = parseJsonObject(Buffer.from(meta));
    const kind = kindOf(bytes);
    const refuse = (field: string, value: unknown, issue: string): RequestRejection =>
      new RequestRejection(paramError(field, value, issue));
    if (described?.filename !== filename) {
      throw refuse('filename', described?.filename, '文件名与 meta 不一致');
    }
    if (bytes.length > MAX_BYTES) throw refuse('file', undefined, '图片大小超过 2M');
    if (!kind?.[2].test(filename))
      throw refuse('filename', filename, '图片格式仅支持 JPG、BMP、PNG');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (described.sha256 !== sha256) throw refuse('sha256', described.sha256, '文件摘要不一致');
    return this.add(bytes);
  }
}

function kindOf(bytes: Buffer): (typeof KINDS)[number] | undefined {
  return KINDS.find(([start]) => bytes.subarray(0, start.length).equals(start));
}
