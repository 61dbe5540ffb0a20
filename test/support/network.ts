import { readFileSync, readlinkSync } from 'node:fs';
import { withoutNetwork } from '../../core/engines/server/scratch/network.ts';

const start = await withoutNetwork();
/** True if this system gives network namespaces. Otherwise the network of scratch servers is NOT tested. */
export const givesNamespaces = !('refusal' in start);
if ('refusal' in start) console.warn(`this system gives no network namespace (${start.refusal}): that scratch servers have no network is NOT tested`);

/** Returns the interfaces that a process sees, and whether it shares our network. */
export function networkOf(pid: number): { interfaces: string[]; isOurs: boolean } {
  const lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n').slice(2);
  const namespace = (whose: number | 'self') => readlinkSync(`/proc/${whose}/ns/net`);
  return { interfaces: lines.flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []), isOurs: namespace(pid) === namespace('self') };
}
