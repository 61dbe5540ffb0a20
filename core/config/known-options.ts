import * as z from 'zod';

type Schema = z.core.$ZodType | undefined;

/**
 * Lists the options of the object at `path` of a schema. `given`, the whole that somebody wrote, chooses the kind of a
 * union.
 */
export function knownOptions(schema: Schema, path: readonly PropertyKey[], given: unknown): string[] {
  const found = schemaAt(schema, path, given);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/**
 * Returns the index, among the options of the union at `path`, of the one that `given` means; -1 if there is no union,
 * or `given` is no object there, or a text could be there: it may be a secret, and an error must not show a part of it.
 */
export function optionMeant(schema: Schema, path: readonly PropertyKey[], given: unknown): number {
  const place = path.reduce(inside, given);
  const found = unionAt(schema, path, given);
  if (!found || typeof place !== 'object' || place === null || Array.isArray(place)) return -1;
  return found.options.some((option) => option instanceof z.ZodString) ? -1 : meant(found, place);
}

function schemaAt(schema: Schema, path: readonly PropertyKey[], given: unknown): Schema {
  const plain = withoutDefault(schema);
  if (plain instanceof z.ZodUnion) return schemaAt(plain.options[meant(plain, given)], path, given);
  const [key, ...rest] = path;
  if (key === undefined) return plain;
  return schemaAt(within(plain, key), rest, inside(given, key));
}

function unionAt(schema: Schema, path: readonly PropertyKey[], given: unknown): z.ZodUnion | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = schemaAt(schema, path.slice(0, -1), given);
  const found = withoutDefault(within(parent, last));
  return found instanceof z.ZodUnion ? found : undefined;
}

/** Returns the schema of a value inside: of an object, a record or a list. */
function within(schema: Schema, key: PropertyKey): Schema {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, Schema>)[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function withoutDefault(schema: Schema): Schema {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? withoutDefault(schema.unwrap()) : schema;
}

/** Finds an object of a union by its first option: by that option's value, or because only that object has it. */
function meant({ options, def }: z.ZodUnion, given: unknown): number {
  const firstOf = (option: Schema) => (option instanceof z.ZodObject ? Object.entries<Schema>(option.shape)[0] : undefined);
  const isMeant = (option: Schema) => {
    const [name, first] = firstOf(option) ?? [];
    if (name === undefined || typeof given !== 'object' || given === null || !(name in given)) return false;
    return 'discriminator' in def && first instanceof z.ZodLiteral ? first.value === inside(given, name) : true;
  };
  const found = options.findLastIndex(isMeant);
  return found >= 0 ? found : options.findIndex((option) => option instanceof z.ZodObject);
}

function inside(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}
