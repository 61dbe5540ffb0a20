import * as z from 'zod';
import { DocumentInvalidError } from '../errors.ts';

/** Reads one of the JSON files beside a dump. Throws DocumentInvalidError, with the file and its mistakes. */
export function parseDocument<T extends z.ZodType>(schema: T, bytes: Uint8Array, origin: string): z.output<T> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DocumentInvalidError(`${origin} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(content);
  const version = (content as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && parsed.error?.issues.some(({ path }) => path.length === 1 && path[0] === 'version'))
    throw new DocumentInvalidError(
      `${origin} has version ${version} of its format, which this version of Sauvegarde does not know: update Sauvegarde, and repeat`,
    );
  if (!parsed.success) throw new DocumentInvalidError(`${origin} cannot be understood: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
}

/** Writes a document, indented, so that a person who has only the vault can read it. */
export function writeDocument(content: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}
