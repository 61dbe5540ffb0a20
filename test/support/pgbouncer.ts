import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { buildFolder } from '../../layers/recipe/build.ts';
import { recipeSchema } from '../../layers/recipe/recipe.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import type { ServerAddress } from './postgres-server.ts';
import { buildOptions, launcher } from './programs.ts';

const recipe = recipeSchema.parse({ suite: 'trixie', packages: ['pgbouncer'], programs: { pgbouncer: 'usr/sbin/pgbouncer' } });
/** PgBouncer does not run as root. */
const nobody = 65_534;

/**
 * Starts PgBouncer, made of Debian's package, before a server until the test has finished. It lets everybody in and logs
 * in as the server's superuser. Returns its port on 127.0.0.1.
 */
export async function pgbouncer({ host, port, user, password }: ServerAddress, settings: Record<string, string>): Promise<number> {
  const { command, args, env } = (await launcher(await buildFolder({ name: 'pgbouncer', recipe }, buildOptions())))('pgbouncer');
  const own = await freePort();
  const all = { listen_addr: '127.0.0.1', listen_port: String(own), unix_socket_dir: '', auth_type: 'any', ...settings };
  const lines = ['[databases]', `* = host=${host} port=${port} user=${user} password=${password}`, '[pgbouncer]'];
  const folder = temporaryFolder();
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, [...lines, ...Object.entries(all).map(([name, value]) => `${name} = ${value}`), ''].join('\n'));
  for (const path of [folder, file]) chmodSync(path, 0o755);
  const asNobody = process.geteuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const child = spawn(command, [...args, file], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'], ...asNobody });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    if (line.includes('process up')) break;
  }
  child.stderr.resume();
  if (!said.at(-1)?.includes('process up')) throw new Error(`PgBouncer did not start: ${said.join('; ')}`);
  return own;
}
