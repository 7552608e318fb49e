/** An image that a merchant uploads. */
export interface ImageUpload {
  /** The JSON text that is signed. */
  readonly meta: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

/**
 * The two parts of an upload, `meta` and `file`. Undefined when the body has another form: it is no
 * multipart form, has further parts, or has a file name where the text of `meta` belongs.
 */
export async function parseImageUpload(
  contentType: string | undefined,
  body: Buffer,
): Promise<ImageUpload | undefined> {
  if (!contentType?.startsWith('multipart/form-data')) return undefined;
  // The types of Node deprecate formData() for servers, because it buffers the body. This one is buffered.
  const form: { formData: () => Promise<FormData> } = new Response(new Uint8Array(body), {
    headers: { 'Content-Type': contentType },
  });
  const parts = await form.formData().catch(() => new FormData());
  const [meta, file] = [parts.get('meta'), parts.get('file')];
  if (typeof meta !== 'string' || !(file instanceof File)) return undefined;
  if ([...parts.keys()].length !== 2) return undefined;
  // The parser may drop a byte order mark, and replaces what is no UTF-8. The signature covers the bytes.
  if (!body.includes(`\r\n\r\n${meta}\r\n--`)) return undefined;
  return { meta, filename: file.name, bytes: Buffer.from(await file.arrayBuffer()) };
}
