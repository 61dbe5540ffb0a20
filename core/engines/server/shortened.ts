/** The first `most` lines, and how many more there are. */
export function shortened(lines: string[], most = 5): string[] {
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : lines;
}
