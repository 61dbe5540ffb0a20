/** Formats a number of things in English: `1 row`, `2 rows`. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}
