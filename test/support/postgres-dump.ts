import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { fullOffer, ordinaryPart, restoresPart, withOffer } from '../../core/engines/postgres/connect/session-settings.ts';
import { environmentOf, type ServerAddress } from './postgres-server.ts';
import { launcher, toolsFolder } from './programs.ts';

/** Runs one of PostgreSQL's programs with the settings of a dump, and returns its end. */
export async function ranBy(
  program: 'pg_dump' | 'psql',
  args: string[],
  environment: Record<string, string>,
  input: Uint8Array | string = '',
): Promise<{ status: number | NodeJS.Signals | null; out: Buffer; said: string }> {
  const launch = (await launcher(await toolsFolder()))(program);
  const child = spawn(launch.command, [...launch.args, ...args], {
    env: { ...launch.env, LC_ALL: 'C', ...withOffer({}, { ...restoresPart(ordinaryPart(fullOffer)), bytea_output: 'hex' }), ...environment },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => undefined); // it ended before it had read everything; its status explains that
  child.stdin.end(input);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) =>
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal)),
  );
  const [out, said, status] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  return { status, out, said };
}

/** Dumps a database plainly, as pg_dump 18 does for a backup. */
export async function plainDump(server: ServerAddress, database: string, args: string[] = []): Promise<Buffer> {
  const { status, out, said } = await ranBy('pg_dump', ['--format=plain', '--no-password', ...args], environmentOf(server, { database, overSocket: true }));
  if (status !== 0) throw new Error(`pg_dump ended with ${status}: ${said}`);
  return out;
}
