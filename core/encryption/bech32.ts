/* Bech32, in which age writes its keys: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki */

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const checksumLength = 6;
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Writes bytes behind a prefix of lower-case letters. */
export function toBech32(prefix: string, bytes: Uint8Array): string {
  const words = regrouped(bytes, 8, 5) ?? [];
  const sum = polymod([...expanded(prefix), ...words, ...new Array<number>(checksumLength).fill(0)]) ^ 1;
  const check = Array.from({ length: checksumLength }, (_, index) => (sum >>> (5 * (checksumLength - 1 - index))) & 31);
  return `${prefix}1${[...words, ...check].map((word) => alphabet[word]).join('')}`;
}

/** Reads such a text, all in one case. Returns undefined if a character is wrong, lacking or too many. */
export function fromBech32(text: string): { prefix: string; bytes: Uint8Array } | undefined {
  const lower = text.toLowerCase();
  const at = lower.lastIndexOf('1');
  if ((text !== lower && text !== text.toUpperCase()) || at < 1) return undefined;
  const prefix = lower.slice(0, at);
  const words = [...lower.slice(at + 1)].map((letter) => alphabet.indexOf(letter));
  if (words.includes(-1) || words.length < checksumLength || polymod([...expanded(prefix), ...words]) !== 1) return undefined;
  const bytes = regrouped(words.slice(0, -checksumLength), 5, 8);
  return bytes && { prefix, bytes: Uint8Array.from(bytes) };
}

function polymod(words: Iterable<number>): number {
  let sum = 1;
  for (const word of words) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (const [bit, value] of generator.entries()) if ((top >>> bit) & 1) sum ^= value;
  }
  return sum >>> 0;
}

function expanded(prefix: string): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

/** Regroups bits. Bytes become words with zeros at their end; words become bytes only if nothing else is left over. */
function regrouped(values: Iterable<number>, from: number, to: number): number[] | undefined {
  const groups: number[] = [];
  let [bits, held] = [0, 0];
  for (const value of values) {
    held = ((held << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      groups.push((held >>> bits) & ((1 << to) - 1));
    }
  }
  const left = (held << (to - bits)) & ((1 << to) - 1);
  if (to > from) return bits >= from || left !== 0 ? undefined : groups;
  return bits > 0 ? [...groups, left] : groups;
}
