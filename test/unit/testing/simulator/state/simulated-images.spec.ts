import { describe, expect, it } from '@jest/globals';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';
import { SimulatedImages } from '../../../../../lib/testing/simulator/state/simulated-images.js';
import { BMP, JPG, PNG } from '../../../../support/small-images.js';

const URL_PREFIX = 'https://api.mch.weixin.qq.com/v3/merchant-service/images/';

describe('SimulatedImages', () => {
  const createImages = (): SimulatedImages =>
    new SimulatedImages(
      new ImageLinks(
        () => 'http://127.0.0.1:3000',
        () => 0,
      ),
    );
  const idIn = (url: string): string => decodeURIComponent(url.slice(URL_PREFIX.length));

  it.each([
    ['image/png', PNG],
    ['image/jpeg', JPG],
    ['image/bmp', BMP],
  ])('recognises %s', (contentType, bytes) => {
    const images = createImages();

    expect(images.get(images.add(bytes))).toEqual({ contentType, bytes });
  });

  it('rejects what is no JPG, BMP or PNG', () => {
    expect(() => createImages().add(Buffer.from('GIF89a'))).toThrow('no JPG, BMP or PNG');
  });

  it('gives an image another URL at every read', () => {
    const images = createImages();
    const key = images.add(PNG);
    const urls = Array.from({ length: 64 }, () => images.mediaUrl(key));

    expect(new Set(urls).size).toBe(64);
    for (const url of urls) {
      expect(url.slice(URL_PREFIX.length)).toMatch(/^(?:[A-Za-z0-9]|%(?:2F|2B|3D))+$/);
      expect(idIn(url)).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
      expect(images.download(idIn(url)).bytes).toEqual(PNG);
    }
  });

  it('gives one media id in eight a slash, beginning with the first', () => {
    const images = createImages();
    const key = images.add(PNG);

    const positions = Array.from({ length: 24 }, (_, index) =>
      images.mediaUrl(key).includes('%2F') ? index : -1,
    ).filter((index) => index >= 0);

    expect(positions).toEqual([0, 8, 16]);
  });

  it('does not give out an image of another merchant', () => {
    const images = createImages();
    const url = images.mediaUrl(images.add(PNG));

    expect(() => createImages().download(idIn(url))).toThrow('RESOURCE_NOT_EXISTS');
  });
});
