/** PostgreSQL's server encodings (documentation, 24.3) and their names in the Encoding Standard. */
const labels: Record<string, string> = {
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
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
  WIN1253: 'windows-1253',
  WIN1254: 'windows-1254',
  WIN1255: 'windows-1255',
  WIN1256: 'windows-1256',
  WIN1257: 'windows-1257',
  WIN1258: 'windows-1258',
  EUC_CN: 'gbk',
  EUC_JP: 'euc-jp',
  EUC_KR: 'euc-kr',
};

/** Encodings whose text is UTF-8, or most likely is. */
const unicode = ['UTF8', 'SQL_ASCII'];

/** Returns the name in the Encoding Standard; undefined for an encoding that Node cannot decode. */
export function labelOf(encoding: string): string | undefined {
  return unicode.includes(encoding) ? 'utf-8' : Object.hasOwn(labels, encoding) ? labels[encoding] : undefined;
}

/** Makes text of bytes. */
export interface Decoder {
  decode(bytes: Uint8Array): string;
}

/**
 * Makes a decoder for the names in a dump; the dump's bytes stay as they are. An encoding that Node cannot decode is
 * taken byte by byte: such a name looks odd and is still the right one, wherever its bytes are compared or sent back.
 */
export function decoderOf(encoding: string): Decoder {
  const label = labelOf(encoding);
  return label === undefined ? byteByByte : new TextDecoder(label, { ignoreBOM: true });
}

const byteByByte: Decoder = { decode: (bytes) => Buffer.from(bytes).toString('latin1') };
