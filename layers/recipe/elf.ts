import { readFileSync } from 'node:fs';
import { RecipeError } from './errors.ts';

/** What the loader reads of a program or library. */
export interface Elf {
  /** `e_machine`; see `dialects`. */
  machine: number;
  /** The loader that a program asks for; libraries have none. */
  interpreter?: string;
  /** The names of the libraries that it needs, in its order. */
  needed: string[];
}

const segment = { load: 1, dynamic: 2, interpreter: 3 };
const tag = { end: 0n, needed: 1n, stringTable: 5n };

/** Reads an ELF file of 64 bits, little-endian; `undefined` when the file is no ELF file. Layout: elf(5). */
export function readElf(file: string): Elf | undefined {
  const bytes = readFileSync(file);
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RecipeError(`${file} is a damaged ELF file`, { cause });
  }
}

function parse(bytes: Buffer): Elf | undefined {
  if (bytes[4] !== 2 || bytes[5] !== 1) return undefined;
  const segments = segmentsOf(bytes);
  const interpreter = segments.find(({ type }) => type === segment.interpreter);
  const dynamic = segments.find(({ type }) => type === segment.dynamic);
  const entries = dynamic ? entriesOf(bytes, dynamic) : [];
  const strings = entries.find((entry) => entry.tag === tag.stringTable);
  const names = strings ? offsetOf(strings.value, segments) : 0;
  return {
    machine: bytes.readUInt16LE(18),
    ...(interpreter && { interpreter: text(bytes, interpreter.offset) }),
    needed: entries.filter((entry) => entry.tag === tag.needed).map(({ value }) => text(bytes, names + value)),
  };
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

function segmentsOf(bytes: Buffer): Segment[] {
  const start = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    const word = (offset: number) => Number(bytes.readBigUInt64LE(at + offset));
    return { type: bytes.readUInt32LE(at), offset: word(8), address: word(16), size: word(32) };
  });
}

function entriesOf(bytes: Buffer, { offset, size }: Segment): { tag: bigint; value: number }[] {
  const entries: { tag: bigint; value: number }[] = [];
  for (let at = offset; at < offset + size; at += 16) {
    const found = bytes.readBigInt64LE(at);
    if (found === tag.end) break;
    entries.push({ tag: found, value: Number(bytes.readBigUInt64LE(at + 8)) });
  }
  return entries;
}

/** Where in the file the byte lies that is loaded at this address. */
function offsetOf(address: number, segments: Segment[]): number {
  const home = segments.find((each) => each.type === segment.load && address >= each.address && address < each.address + each.size);
  if (!home) throw new RangeError('an address outside of every segment');
  return address - home.address + home.offset;
}

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at >= bytes.length || end < 0) throw new RangeError('a text that has no end');
  return bytes.toString('utf8', at, end);
}
