/** How a browser can show a picture. */
export type PictureView =
  /** By a path of this app, which downloads the picture with a signed request. */
  | { readonly kind: 'signed'; readonly src: string }
  /** By a pre-signed link to another host. It expires an hour after the complaint was read. */
  | { readonly kind: 'linked'; readonly src: string }
  /** Not at all: WeChat Pay does not serve uploaded pictures by their media id. */
  | { readonly kind: 'unavailable' };

/** URLs of the image API. Only these need, and get, a signature. */
const IMAGE_API = /^https:\/\/api\w*\.mch\.weixin\.qq\.com\/v3\/merchant-service\/images\//;

/**
 * URLs of other hosts are for the browser to load. If this app fetched whatever URL a response
 * names, it could be made to send requests into its own network (SSRF), and there is nothing to
 * sign. The page asks for these pictures without a referrer, and its Content-Security-Policy allows
 * images, and nothing else, from other hosts.
 */
export function toPictureView(url: string): PictureView {
  if (IMAGE_API.test(url)) {
    return { kind: 'signed', src: `/api/pictures?${new URLSearchParams({ of: url }).toString()}` };
  }
  if (!URL.canParse(url)) return { kind: 'unavailable' };
  const link = new URL(url);
  // Some of these links are plain http. Their hosts serve https too, and a page on https could not
  // show them otherwise.
  if (link.protocol === 'http:') link.protocol = 'https:';
  return link.protocol === 'https:' ? { kind: 'linked', src: link.href } : { kind: 'unavailable' };
}
