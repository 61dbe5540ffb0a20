/** Error of one statement of a script that a client ran to its end. */
export interface Complaint {
  /** Line of the script on which the statement begins. */
  line: number;
  number: number;
  /** The server's words, such as `ERROR 1146 (42S02): Table 'shop.gone' doesn't exist`. */
  said: string;
}

const beginning = /^ERROR (\d+)( \(\w+\))? at line (\d+): /;

/** Finds the errors among a client's messages. A message may have several lines. */
export function complaintsIn(text: string): Complaint[] {
  const found: Complaint[] = [];
  for (const line of text.split('\n')) {
    const [whole, number, state = '', at] = beginning.exec(line) ?? [];
    const last = found.at(-1);
    if (whole !== undefined) found.push({ line: Number(at), number: Number(number), said: `ERROR ${number}${state}: ${line.slice(whole.length)}` });
    else if (last && line.trim() !== '') last.said += `\n${line}`;
  }
  return found;
}
