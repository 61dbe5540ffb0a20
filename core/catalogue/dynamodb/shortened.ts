/** An item may have 400 KB; no record has more than some twenty texts. Counted in UTF-16 units, of three bytes at most. */
const longest = 4000;

/** The record with texts that could have grown (an error's message, a reason) cut, so that it is always an item that DynamoDB takes. */
export function shortened<Value>(value: Value): Value {
  if (typeof value === 'string') return (value.length > longest ? `${value.slice(0, longest).toWellFormed()}…` : value) as Value;
  if (Array.isArray(value)) return value.map(shortened) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shortened(part)])) as Value;
}
