import { randomUUID } from 'node:crypto';
import { codecOf, labelOf } from '../encodings.ts';

/** Begins the bytes of a text in an answer. No name can hold it by design: it is another one in each process. */
const mark = randomUUID();
const marked = new RegExp(`${mark}:(\\w+):([0-9a-f]*);`, 'g');

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
  const text = labelOf(encoding) === undefined ? undefined : codecOf(encoding).decode(bytes);
  // in an encoding of single bytes a control character stands for a byte that means nothing
  const isOwn = text !== undefined && !(labelOf(encoding) === 'utf-8' ? /\ufffd/ : /[\u0080-\u009f\uf780-\uf7ff]/).test(text);
  return isOwn ? text : (asUnicode(bytes) ?? bytes.toString('latin1'));
}

function asUnicode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
