import { KeyMaterialError } from './key-material-error.js';

export type PemKind = 'private' | 'encrypted' | 'public' | 'certificate' | 'other';

/** One block of a PEM file, from its BEGIN line to its END line. */
export interface PemBlock {
  readonly kind: PemKind;
  /** The block as OpenSSL expects it: one line each for BEGIN and END, base64 in lines of 64. */
  readonly text: string;
}

/** Labels without their spaces, because some environments remove every space. */
const LABELS: Readonly<Record<string, { readonly kind: PemKind; readonly label: string }>> = {
  PRIVATEKEY: { kind: 'private', label: 'PRIVATE KEY' },
  RSAPRIVATEKEY: { kind: 'private', label: 'RSA PRIVATE KEY' },
  ECPRIVATEKEY: { kind: 'private', label: 'EC PRIVATE KEY' },
  ENCRYPTEDPRIVATEKEY: { kind: 'encrypted', label: 'ENCRYPTED PRIVATE KEY' },
  PUBLICKEY: { kind: 'public', label: 'PUBLIC KEY' },
  RSAPUBLICKEY: { kind: 'public', label: 'RSA PUBLIC KEY' },
  CERTIFICATE: { kind: 'certificate', label: 'CERTIFICATE' },
};

const BEGIN = '-----BEGIN';
const END = '-----END';
const BLOCK = /-----BEGIN ?([A-Z0-9 ]+)-----(.*?)-----END ?\1-----/gs;
/** Real line feeds, escaped ones (`\n`, `\\r\\n`) and what is left of continued lines. */
const LINE_BREAKS = /\\+[rnt]|[\s\\]/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** DER begins with a SEQUENCE of more than 127 bytes: `30 8x`, which is `MI` in base64. */
const DER = /^0[\u0080-\u008f\ufffd]/;
const DER_IN_BASE64 = /^MI[A-Za-z0-9+/]{60,}={0,2}$/;
const PATH =
  /^(?:file:|~|\.{0,2}[\\/]|[a-z]:[\\/])|[\\/]|\.(?:pem|key|pub|crt|cer|der|p12|pfx|txt)$/i;
const MAX_PATH_LENGTH = 500;

/**
 * Reads PEM text in every form in which environment variables, YAML files and secret stores hand it
 * over: line feeds escaped, replaced by spaces or missing, quotes around it, indentation, CRLF, or
 * base64 of the whole file.
 *
 * @param fix what to give instead; ends the message of the error
 * @returns at least one block
 * @throws KeyMaterialError naming the cause, without any part of the text
 */
export function readPem(text: string, fix: string): [PemBlock, ...PemBlock[]] {
  const [first, ...others] = blocksOf(text, fix);
  if (first) return [first, ...others];
  const decoded = decodeBase64(text);
  if (decoded?.includes(BEGIN)) return readPem(decoded, fix);
  throw whyUnreadable(text, fix);
}

function blocksOf(text: string, fix: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([whole, name = '', content = '']) => {
    const { kind, label } = LABELS[name.replaceAll(' ', '')] ?? { kind: 'other', label: name };
    // An encrypted PKCS#1 key says so in a header line before its base64.
    if (content.includes('Proc-Type:')) return { kind: 'encrypted', text: whole };
    const base64 = content.replaceAll(LINE_BREAKS, '');
    if (!BASE64.test(base64)) throw damaged(fix);
    const lines = base64.match(/.{1,64}/g) ?? [];
    return { kind, text: [`${BEGIN} ${label}-----`, ...lines, `${END} ${label}-----`].join('\n') };
  });
}

export function damaged(fix: string): KeyMaterialError {
  return new KeyMaterialError(
    'is damaged: the content between its BEGIN and END lines cannot be read',
    fix,
  );
}

function decodeBase64(text: string): string | undefined {
  const base64 = withoutQuotes(text).replaceAll(LINE_BREAKS, '');
  return BASE64.test(base64) ? Buffer.from(base64, 'base64').toString('latin1') : undefined;
}

function withoutQuotes(text: string): string {
  return text.trim().replaceAll(/^["'`]+|["'`]+$/g, '');
}

const HOW_TO_PASS_LINES =
  'Put the text in quotes, write \\n for each line feed, or pass base64 of the whole file.';

function whyUnreadable(text: string, fix: string): KeyMaterialError {
  const content = withoutQuotes(text);
  if (content === '') return new KeyMaterialError('is empty', fix);
  const begin = content.indexOf(BEGIN);
  if (begin >= 0) {
    return /-----BEGIN[A-Z0-9 ]*-*\s*$/.test(content)
      ? new KeyMaterialError('is only the first line of a PEM', HOW_TO_PASS_LINES)
      : new KeyMaterialError('is cut off: its END line is missing', HOW_TO_PASS_LINES);
  }
  if (content.includes(END)) {
    return new KeyMaterialError('is cut off: its BEGIN line is missing', HOW_TO_PASS_LINES);
  }
  if (DER.test(content)) {
    return new KeyMaterialError('is in binary form (DER or PKCS#12), not PEM', fix);
  }
  if (DER_IN_BASE64.test(content.replaceAll(LINE_BREAKS, ''))) {
    return new KeyMaterialError('has lost its BEGIN and END lines', fix);
  }
  if (!content.includes('\n') && content.length <= MAX_PATH_LENGTH && PATH.test(content)) {
    return new KeyMaterialError(
      'is the path of a file, not its content',
      'Give the content: readFileSync(path). ' +
        'wechatPayComplaintConfig reads paths from variables whose names end in _PATH.',
    );
  }
  return new KeyMaterialError('is not PEM text', fix);
}
