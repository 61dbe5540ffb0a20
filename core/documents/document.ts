import * as z from 'zod';
import { DocumentInvalidError } from '../errors.ts';

/** Newest format versions that are known here, by the format's name. */
const newest: Record<string, number> = { 'sauvegarde-manifest': 2, 'sauvegarde-scan': 2, 'sauvegarde-proof': 2 };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads one of the JSON files beside a dump. Throws DocumentInvalidError, with the file and its mistakes. */
export function parseDocument<T extends z.ZodType>(schema: T, bytes: Uint8Array, origin: string): z.output<T> {
  return understood(schema, jsonIn(bytes, origin), origin);
}

/** Reads JSON. Throws DocumentInvalidError. */
export function jsonIn(bytes: Uint8Array, origin: string): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new DocumentInvalidError(`${origin} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Checks the content of a document. Throws DocumentInvalidError, for one of a later version with that reason alone. */
export function understood<T extends z.ZodType>(schema: T, content: unknown, origin: string): z.output<T> {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { format = '', version } = z.object({ format: z.string(), version: z.number() }).safeParse(content).data ?? {};
  const known = newest[format] ?? 1;
  if (version !== undefined && version > known)
    throw new DocumentInvalidError(`${origin} is of version ${version} of its format, and this Sauvegarde knows ${known} and those before; update it`);
  throw new DocumentInvalidError(`${origin} cannot be understood: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
}

/** Writes a document, indented, so that a person who has only the vault can read it. */
export function writeDocument(content: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}
