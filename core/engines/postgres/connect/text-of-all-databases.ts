import { randomUUID } from 'node:crypto';

/** Begins the bytes of a text in an answer. No name can hold it by design: it is another one in each process. */
const mark = randomUUID();
const marked = new RegExp(`${mark}:(\\w+):([0-9a-f]*);`, 'g');

/** Decoders of encodings of servers, by the server's names, where Node's are called otherwise. */
const labels: Record<string, string> = {
  EUC_JP: 'euc-jp',
  EUC_JIS_2004: 'euc-jp',
  EUC_CN: 'gb18030',
  EUC_KR: 'euc-kr',
  LATIN1: 'iso-8859-1',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN5: 'iso-8859-9',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'ibm866',
  WIN874: 'windows-874',
};

/**
 * Returns an expression for a text that all databases of a server share: the name of a role or a tablespace, a setting,
 * a grant. It was written in the encoding of whatever database its author was connected to. Another encoding can refuse
 * to convert it, and an error ends a session; so it comes as bytes, which `withSharedText` reads.
 */
export function sharedText(expression: string): string {
  const bytes = `replace((${expression})::text, chr(92), repeat(chr(92), 2))::bytea`;
  return `('${mark}:' || getdatabaseencoding() || ':' || encode(${bytes}, 'hex') || ';')`;
}

/** Puts shared texts in the place of their bytes, in an answer in JSON. */
export function withSharedText(json: string): string {
  return json.replaceAll(marked, (_, encoding: string, hex: string) => JSON.stringify(decoded(Buffer.from(hex, 'hex'), encoding)).slice(1, -1));
}

/** Decodes by the database's own encoding, else as UTF-8, else byte by byte. */
function decoded(bytes: Buffer, encoding: string): string {
  const label = labels[encoding] ?? encoding.replace(/^WIN(\d+)$/, 'windows-$1');
  const own = encoding === 'SQL_ASCII' ? undefined : decodedAs(label, bytes);
  return own ?? decodedAs('utf-8', bytes) ?? bytes.toString('latin1');
}

/** Decodes unless a byte means nothing. A control character of ISO 8859 stands for such a byte. */
function decodedAs(label: string, bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\u0080-\u009f]/.test(text) ? undefined : text;
  } catch {
    return undefined; // also for an encoding that Node does not know
  }
}
