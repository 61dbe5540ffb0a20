import { readFileSync } from 'node:fs';
import { isKept } from './kept-clients.ts';

/** Lists the processes that this one has started and whose command line has the word, clients that serve many tests aside. */
export function children(word: string): number[] {
  const all = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return all.filter((pid) => !isKept(pid) && shownBy(pid, 'cmdline').includes(word));
}

/** Reads what a process shows of itself; nothing once it has ended. */
export function shownBy(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
