import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { project, sauvegarde, start } from '../support/cli.ts';
import { filesIn } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';
import { listening } from '../support/mail-server.ts';
import { countRows } from '../support/sqlite.ts';

/** Its slot does not pass while a test runs. */
const databases = { app: { engine: 'sqlite', file: 'app.sqlite3', schedule: '30 3 1 1 *' } } as const;

it('is served by `local`: a link, a session, a backup that is made and downloaded, a new link, and no trace at the end', async () => {
  const port = await freePort();
  const targets = { spare: { engine: 'sqlite', file: 'spare.sqlite3' } } as const;
  const folder = project({ databases, targets, local: { vault: 'vault', state: 'state', console: { port } } });
  const running = start(folder, ['local']);
  await running.until(/^ {2}proof {4}proven/m);
  const origin = `http://127.0.0.1:${port}`;
  const [link = ''] = /http:\/\/127\S+/.exec(running.said.stdout) ?? [];
  expect(link).toMatch(new RegExp(`^${origin}/enter\\?key=[\\w-]{43}$`));

  const entered = await fetch(link, { redirect: 'manual' });
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);
  const next = await sauvegarde(folder, ['console']);
  expect(next).toMatchObject({ status: 0, stderr: '' });
  expect(next.stdout).not.toContain(link);
  expect(statSync(join(folder, 'state/console-link')).mode & 0o777).toBe(0o600);

  const page = await (await fetch(origin, { headers: { cookie } })).text();
  expect(page).toMatch(/Your database is safe/);
  const post = async (path: string, fields = {}) => {
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    return fetch(`${origin}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie, origin }, body: new URLSearchParams({ token, ...fields }) });
  };
  const begun = await post('/backups', { database: 'app', back: '/backups' });
  const id = /on=(.*)$/.exec(begun.headers.get('location') ?? '')?.[1] ?? '';
  expect(id).toMatch(/^app-\d{8}_\d{6}Z_manual$/);
  await running.until(new RegExp(`^${id}: backed up`, 'm'));
  const download = await post(`/backups/${id}/download`);
  const bytes = Buffer.from(await download.arrayBuffer());
  const shown = await (await fetch(`${origin}/backups/${id}`, { headers: { cookie } })).text();
  expect(shown).toContain(createHash('sha256').update(bytes).digest('hex'));
  expect(shown).toMatch(/console:\w+/);
  const restoring = await post(`/backups/${id}/restore`, { to: 'spare', confirmed: 'app', back: `/backups/${id}` });
  expect(restoring.headers.get('location')).toBe(`/backups/${id}?did=restoring&on=${id}`);
  const restored = async () => (await fetch(`${origin}/backups/${id}`, { headers: { cookie } })).text();
  await expect.poll(restored, { timeout: 20_000 }).toMatch(/restored[\s\S]*spare\.sqlite3/);
  expect(countRows(join(folder, 'spare.sqlite3'))).toEqual(countRows(join(folder, 'app.sqlite3')));

  process.kill(running.pid, 'SIGTERM');
  expect((await running.ended).status).toBe(0);
  expect(filesIn(join(folder, 'state'))).toEqual(['catalogue.sqlite3']);
  expect((await sauvegarde(folder, ['console'])).stderr).toContain('no console is served here');
});

it('whose port is taken is no reason to stop: `local` says so and goes on', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await listening(other);
  const { port } = other.address() as { port: number };
  const folder = project({ databases, local: { vault: 'vault', state: 'state', console: { port } } });
  const running = start(folder, ['local']);
  await running.until(/^ {2}proof {4}proven/m);
  expect(running.said.stderr).toMatch(new RegExp(`there is no console: port ${port} cannot be had: another program has it; choose another`));
  process.kill(running.pid, 'SIGTERM');
  expect((await running.ended).status).toBe(0);
  other.close();
});

it('that is turned off is not served', async () => {
  const folder = project({ databases });
  const running = start(folder, ['local']);
  await running.until(/Ctrl-C stops/);
  expect(running.said.stdout).not.toContain('console');
  expect(existsSync(join(folder, 'state/console-link'))).toBe(false);
  process.kill(running.pid, 'SIGTERM');
  await running.ended;
  expect(readFileSync(join(folder, 'sauvegarde.config.ts'), 'utf8')).toContain('"console":false');
});
