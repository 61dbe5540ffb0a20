/** The first so many lines, and how many more there are. */
export function shortened(lines: string[], most: number): string[] {
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : lines;
}
