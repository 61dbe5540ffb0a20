import type { Socket } from 'node:net';
import { start } from '../../core/bytes/tool.ts';
import { type ClientDialect, ClientSession } from '../../core/engines/server/client-session.ts';
import type { Launch } from '../../core/programs/launch.ts';

/** Sockets of servers that live as long as this worker. */
const lasting = new Set<string>();

/** Lets queries share clients of the server with this socket, which must not end before this worker does. */
export function keepClientsOf<Server extends { socket: string }>(server: Server): Server {
  lasting.add(server.socket);
  return server;
}

/** Says whether queries may share clients of the server. */
export function keepsClients({ socket }: { socket: string }): boolean {
  return lasting.has(socket);
}

/** Start of a client that answers one script after the other. */
export interface KeptClient {
  launch: Launch;
  args: string[];
  env: Record<string, string>;
  dialect: ClientDialect;
}

interface Kept {
  session: ClientSession;
  pid: number | undefined;
  isOver: boolean;
}

/** Clients that wait for a script, by what they may be used for. */
const idle = new Map<string, Kept[]>();
const pids = new Set<number | undefined>();

/**
 * Has a client of this kind run the script, and returns its output; starts one if none is idle. An error ends the
 * client. The others end with this worker, which closes their input.
 */
export async function askKept(kind: string, client: () => Promise<KeptClient>, script: string): Promise<string> {
  const waiting = (idle.get(kind) ?? []).filter(({ isOver }) => !isOver);
  idle.set(kind, waiting);
  const kept = waiting.pop() ?? startKept(await client());
  const lines = await kept.session.ask(script);
  idle.get(kind)?.push(kept);
  return lines.join('\n').trimEnd();
}

/** Says whether the process is a client that is kept: no test has started it for itself. */
export function isKept(pid: number): boolean {
  return pids.has(pid);
}

function startKept({ launch, args, env, dialect }: KeptClient): Kept {
  const running = start(launch, args, { env, signal: new AbortController().signal, stdin: 'pipe' });
  const { child } = running;
  const kept: Kept = { session: new ClientSession(running, dialect), pid: child.pid, isOver: false };
  // none keeps a worker that has nothing else to do
  for (const handle of [child, ...(child.stdio as (Socket | null)[])]) handle?.unref();
  pids.add(kept.pid);
  child.on('close', () => {
    kept.isOver = true;
    pids.delete(kept.pid);
  });
  return kept;
}
