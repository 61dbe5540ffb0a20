import { readFileSync } from 'node:fs';
import { isKept } from './kept-clients.ts';

/** Lists the processes that this one has started and whose command line has the word, clients that serve many tests aside. */
export function children(word: string): number[] {
  const all = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return all.filter((pid) => !isKept(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word));
}
