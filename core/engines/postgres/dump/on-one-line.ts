/** Writes a name as comments of pg_dump have it. */
export function onOneLine(name: string): string {
  return name.replaceAll(/[\n\r]/g, ' ');
}
