import type * as z from 'zod';
import { ConfigurationError } from '../core/errors.ts';

/** Largest number of mistakes in an error, and the longest quotation: it goes into logs, and events can be huge. */
const [mostMistakes, mostCharacters] = [5, 60];

/**
 * Reads the event of a function. Throws ConfigurationError if its schema does not allow it; the message names the
 * mistakes and quotes no value.
 */
export function parseEvent<Schema extends z.ZodType>(schema: Schema, event: unknown): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap(sentences);
  const more = mistakes.length - mostMistakes;
  throw new ConfigurationError(`the event cannot be understood: ${mistakes.slice(0, mostMistakes).join('; ')}${more > 0 ? `; and ${more} more mistakes` : ''}`);
}

function sentences(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${pathForPeople([...issue.path, key])} is not known`);
  return [`${pathForPeople(issue.path)}: ${issue.message}`];
}

function pathForPeople(path: PropertyKey[]): string {
  const place = path.map(String).join('.');
  if (place === '') return 'the event itself';
  return JSON.stringify(place.length > mostCharacters ? `${place.slice(0, mostCharacters)}…` : place);
}

/** Returns true if the event is an object with this key of its own. */
export function has(event: unknown, key: string): boolean {
  return typeof event === 'object' && event !== null && Object.hasOwn(event, key);
}
