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

/** Rows 83 and 84 of JIS X 0212, where IBM has letters of its own: from 0x8ff3f3 on. */
const ofIbm =
  'ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤﨎咊坙﨏塚增寬峵嵓﨑德悅愠敎昻晥晴朗栁﨓﨔橫櫢淸淲瀨凞猪甁皂皞益礰礼神祥福竧靖精綠緖羽荢﨟薰蘒﨡蠇諸譿賴赶﨣﨤逸郞都鄕﨧﨨閒隆﨩霻靍靑飯飼館馞髙魲鶴黑';

/** Letters that the server converts otherwise than the Encoding Standard (PostgreSQL, src/backend/utils/mb/Unicode). */
const otherwise: Record<string, Record<string, string>> = {
  LATIN5: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [String.fromCharCode(0x80 + index), String.fromCharCode(0x80 + index)])),
  KOI8U: { '\xae': '\u255d', '\xbe': '\u256c' },
  EUC_CN: { '\xa1\xa4': '\u30fb', '\xa1\xaa': '\u2015' },
  EUC_JP: { '\x8f\xa2\xc3': '\uffe4', ...Object.fromEntries([...ofIbm].map((letter, index) => [afterRow83(index), letter])) },
  EUC_KR: { '\xa2\xe6': '\u20ac', '\xa2\xe7': '\u00ae', '\xa2\xe8': '\u327e' },
};

/** Bytes of a letter of IBM's. The first twelve end row 83. */
function afterRow83(index: number): string {
  return index < 12 ? `\x8f\xf3${String.fromCharCode(0xf3 + index)}` : `\x8f\xf4${String.fromCharCode(0xa1 + index - 12)}`;
}

/** Encodings whose text is UTF-8, or most likely is. */
const unicode = ['UTF8', 'SQL_ASCII'];

/** Returns the name in the Encoding Standard; undefined for an encoding that Node cannot decode. */
export function labelOf(encoding: string): string | undefined {
  return unicode.includes(encoding) ? 'utf-8' : Object.hasOwn(labels, encoding) ? labels[encoding] : undefined;
}

/** Makes text of bytes, and bytes of text. */
export interface Codec {
  decode(bytes: Uint8Array): string;
  encode(text: string): Buffer;
}

/**
 * Makes a codec for names; the bytes of a dump stay as they are. It gives what the server gives when it converts a name
 * to UTF-8. A byte to which the encoding gives no character is one of Unicode's private letters, U+F780 to U+F7FF. An
 * encoding that Node cannot decode is taken byte by byte. Such names look odd and are still the right ones, wherever
 * their bytes are compared or sent back.
 */
export function codecOf(encoding: string): Codec {
  if (unicode.includes(encoding)) return utf8;
  const label = labelOf(encoding);
  // the Encoding Standard has the letters of Windows in LATIN1
  if (label === undefined || encoding === 'LATIN1') return byteByByte;
  const codec = known.get(encoding) ?? codecBy(new TextDecoder(label, { ignoreBOM: true }), encoding);
  known.set(encoding, codec);
  return codec;
}

const known = new Map<string, Codec>();
const unicodeDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8: Codec = { decode: (bytes) => unicodeDecoder.decode(bytes), encode: (text) => Buffer.from(text) };
const byteByByte: Codec = { decode: (bytes) => Buffer.from(bytes).toString('latin1'), encode: (text) => Buffer.from(text, 'latin1') };

function codecBy(decoder: Pick<Codec, 'decode'>, encoding: string): Codec {
  const isMultibyte = encoding.startsWith('EUC_');
  const others = otherwise[encoding] ?? {};
  const letterOf = (bytes: string) => {
    const letter = others[bytes] ?? decoder.decode(Buffer.from(bytes, 'latin1'));
    return letter.includes('\ufffd') ? bytes.replace(/./gs, (byte) => String.fromCharCode(0xf700 + byte.charCodeAt(0))) : letter;
  };
  const letters = isMultibyte ? /\x8f[\x80-\xff]{2}|[\x80-\xff]{1,2}/g : /[\x80-\xff]/g;
  let bytesOf: Map<string, string> | undefined;
  return {
    decode: (bytes) => byteByByte.decode(bytes).replace(letters, letterOf),
    encode(text) {
      bytesOf ??= new Map(lettersOf(isMultibyte).map((bytes) => [letterOf(bytes), bytes]));
      const bytewise = text.replace(/[\u0080-\u{10ffff}]/gu, (letter) => bytesOf?.get(letter) ?? bytesOfUnknown(letter));
      return Buffer.from(bytewise, 'latin1');
    },
  };
}

/** Lists the letters beyond ASCII, in latin1. */
function lettersOf(isMultibyte: boolean): string[] {
  const bytes = Array.from({ length: 128 }, (_, index) => String.fromCharCode(0x80 + index));
  if (!isMultibyte) return bytes;
  const pairs = bytes.flatMap((first) => bytes.map((second) => first + second)).filter((pair) => !pair.startsWith('\x8f'));
  return [...bytes.flatMap((second) => bytes.map((third) => `\x8f${second}${third}`)), ...pairs];
}

/** Bytes, in latin1, of a letter that the encoding lacks: of a private one its byte, of any other those of UTF-8. */
function bytesOfUnknown(letter: string): string {
  const code = letter.charCodeAt(0);
  return code >= 0xf780 && code <= 0xf7ff ? String.fromCharCode(code - 0xf700) : Buffer.from(letter).toString('latin1');
}
