import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from './free-port.ts';
import { query, type ServerAddress } from './postgres-server.ts';
import { startOf } from './started-again.ts';

/** Settings of a server that can have a standby. */
export const primarySettings = { wal_level: 'replica', max_wal_senders: '2' };

/** Starts a hot standby of a server, which follows it until the test has finished. */
export async function startStandby(primary: ServerAddress, settings: Record<string, string> = {}): Promise<ServerAddress> {
  const data = join(primary.socket, 'standby');
  const copied = `SELECT pg_backup_start('standby', true) \\gset\n\\! cp -a '${primary.data}' '${data}'\nSELECT labelfile FROM pg_backup_stop(false)`;
  const label = await query(primary, copied);
  rmSync(join(data, 'postmaster.pid'));
  const { uid, gid } = statSync(data);
  for (const [name, content] of Object.entries({ backup_label: `${label}\n`, 'standby.signal': '' })) {
    writeFileSync(join(data, name), content);
    chownSync(join(data, name), uid, gid);
  }
  const port = await freePort();
  const all = { ...settings, primary_conninfo: `host=${primary.socket} port=${primary.port} user=${primary.user}` };
  const added = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const replaced = (arg: string) => (arg === primary.data ? data : arg.replace(/^port=\d+$/, `port=${port}`));
  const { pid = 0 } = startOf(primary.pid)((args) => [...args.map(replaced), ...added]);
  const standby = { ...primary, data, port, pid };
  await vi.waitFor(async () => void (await query(standby, 'SELECT 1')), { timeout: 20_000, interval: 100 });
  return standby;
}
