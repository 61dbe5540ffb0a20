/** Returns the first `most` lines, and the number of the others. */
export function shortened(lines: string[], most = 5): string[] {
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : lines;
}
