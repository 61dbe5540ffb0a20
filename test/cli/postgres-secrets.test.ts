import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, start } from '../support/cli.ts';
import { filesIn, temporaryFolder } from '../support/folder.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { identifier, literal, newRole, urlOf } from '../support/postgres-work.ts';
import { coldStart } from '../support/programs.ts';

const password = `p@ss:w/o?r#d%41 'q"b\\s&=é`;
const spellings = [password, encodeURIComponent(password)];

/** What any process of this machine shows of itself, but servers: `postgres: user database …` is the title that they give to a connection. */
function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
      } catch {
        return ''; // it has ended
      }
    })
    .filter((line) => !line.includes('postgres: '))
    .join('\n');
}

it.each([
  { what: 'a backup', given: password, status: 0 },
  { what: 'a refused backup', given: `${password}!`, status: 1 },
])(
  '$what shows its password in no command line, message or file, and its user in no command line',
  async ({ given, status }) => {
    const server = await postgresServer(18);
    const user = await newRole(server, { name: `us er'"@:${Date.now()}`, options: `PASSWORD ${literal(password)}` });
    const database = await newDatabase(server);
    await query(server, `CREATE TABLE t (id integer); GRANT SELECT ON t TO ${identifier(user)}`, { database });
    const folder = temporaryFolder();
    configure(folder, { databases: { app: { engine: 'postgres', connection: { url: { env: 'DATABASE_URL' } } } } });
    const running = start(folder, ['backup', 'app'], {
      env: { DATABASE_URL: urlOf(server, database, { user, password: given }), SAUVEGARDE_CACHE: cacheFolder() },
    });
    let seen = '';
    const polling = setInterval(() => {
      seen += commandLines();
    }, 20);
    const ended = await running.ended.finally(() => clearInterval(polling));
    expect(ended).toMatchObject(status === 0 ? { status } : { status: expect.any(Number), stderr: expect.stringContaining('password authentication failed') });
    const shown = [seen, ended.stdout, ended.stderr, ...filesIn(folder).map((file) => readFileSync(join(folder, file), 'utf8'))];
    for (const text of shown) for (const spelling of spellings) expect(text.includes(spelling)).toBe(false);
    for (const spelling of [user, encodeURIComponent(user)]) expect(seen.includes(spelling)).toBe(false);
    expect(seen).toContain('psql');
  },
  coldStart,
);
