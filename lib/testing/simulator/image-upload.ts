/** An image on its way to WeChat Pay. */
export interface ImageUpload {
  /** The JSON text that is signed. */
  readonly meta: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

interface Part {
  readonly head: string;
  readonly content: Buffer;
}

/**
 * The two parts of an upload, `meta` and then `file`; undefined when the body has another form. It
 * reads what a client of this API sends, and is no parser of multipart in general.
 */
export function parseImageUpload(
  contentType: string | undefined,
  body: Buffer,
): ImageUpload | undefined {
  const boundary = /^multipart\/form-data; *boundary="?([^";]{1,70})"?$/.exec(
    contentType ?? '',
  )?.[1];
  if (boundary === undefined) return undefined;
  // In Latin-1 each byte is one character, and stays what it was on the way back.
  const pieces = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`);
  const [before, first, second, after] = pieces;
  const isWhole = pieces.length === 4 && before === '' && after?.trimEnd() === '--';
  const meta = isWhole ? parsePart(first) : undefined;
  const file = isWhole ? parsePart(second) : undefined;
  if (!meta || !file) return undefined;
  const filename = parameter(file.head, 'filename');
  const isNamed =
    parameter(meta.head, 'name') === 'meta' && parameter(file.head, 'name') === 'file';
  if (!isNamed || filename === undefined) return undefined;
  return { meta: meta.content.toString(), filename, bytes: file.content };
}

function parsePart(piece = ''): Part | undefined {
  const end = piece.indexOf('\r\n\r\n');
  if (!piece.startsWith('\r\n') || end < 0) return undefined;
  return {
    head: Buffer.from(piece.slice(0, end), 'latin1').toString(),
    content: Buffer.from(piece.slice(end + 4), 'latin1'),
  };
}

/** Of the Content-Disposition. */
function parameter(head: string, name: string): string | undefined {
  return new RegExp(`^content-disposition: *form-data;(?:.*;)? *${name}="([^"\r\n]*)"`, 'im').exec(
    head,
  )?.[1];
}
