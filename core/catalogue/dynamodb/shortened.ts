/**
 * Longest text, in UTF-16 units, which have three bytes at most. An item may have 400 KB, and no record has more than
 * some twenty texts.
 */
const longest = 4000;

/** Cuts texts that may have grown (an error's message, a reason), so that the record always fits into an item. */
export function shortened<Value>(value: Value): Value {
  if (typeof value === 'string') return (value.length > longest ? `${value.slice(0, longest).toWellFormed()}…` : value) as Value;
  if (Array.isArray(value)) return value.map(shortened) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shortened(part)])) as Value;
}
