import type { ConsoleContext } from './door.ts';

/** Reads a field of the form; undefined if there is none, or what came is no form. */
export async function field(context: ConsoleContext, name: string): Promise<string | undefined> {
  const form = await context.req.parseBody().catch(() => ({}) as Record<string, unknown>);
  const value: unknown = Object.hasOwn(form, name) ? (form as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
