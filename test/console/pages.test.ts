import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../core/catalogue/audit.ts';
import { type Detail, detailText } from '../../core/catalogue/audit-details.ts';
import { catalogueFile } from '../../core/catalogue/sqlite/catalogue.ts';
import { CatalogueUnavailableError } from '../../core/errors.ts';
import { noteStanding } from '../../core/operations/keeping/standing.ts';
import { consoleOf, type TestConsole } from '../support/console.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { auditOf, backupOf, incidentOf, runOf } from '../support/records.ts';
import { putStored, tableOf } from '../support/stored-backup.ts';

const script = '<script>alert("1")</script>';
const id = 'main-20261122_020000Z';
let platform: TestPlatform;
let console: TestConsole;

beforeEach(async () => {
  platform = await testPlatform({ config: { timeZone: 'Europe/Paris' } });
  console = consoleOf(platform);
  await console.signIn();
});

const text = async (path: string, headers?: Record<string, string>) =>
  (await console.page(path, headers))
    .replace(/<(head|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the overview', () => {
  it('of a new database says that there is no backup yet', async () => {
    expect(await text('/')).toMatch(/No backup has been made yet\..* main No backup yet/);
  });

  it('says that all is safe, how old the last good backup is, and when the next one comes', async () => {
    await putStored(platform, '2026-11-22T02:00:00Z');
    expect(await text('/')).toMatch(
      /Your database is safe\. main Safe Back up now Last good backup 15 hours ago proven .*Next backup in 8 hours .*Success, 30 days 100% of 1 run .* 30 days ago 1 good 29 without a run today .* Times are in Europe\/Paris\./,
    );
  });

  it('puts first what needs somebody, and says so in its first line', async () => {
    await putStored(platform, '2026-11-22T02:00:00Z');
    await platform.catalogue.runs.end(
      runOf('2026-11-22T16:00:00Z'),
      { status: 'failed', error: { name: 'SourceMissingError', message: 'gone' } },
      platform.clock.now(),
    );
    await platform.catalogue.incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T16:00:00Z'));
    expect(await text('/')).toMatch(/Your database needs attention\. main Failed .* The backup failed\. The database is not where the configuration says\./);
  });

  it('of a database without a backup beside a safe one calls nobody safe, and tells of the vault too', async () => {
    await putStored(platform, '2026-11-22T02:00:00Z');
    const two = consoleOf({
      ...platform,
      config: { ...platform.config, databases: { ...platform.config.databases, other: platform.config.databases.main } },
    } as TestPlatform);
    two.cookie = console.cookie;
    await platform.catalogue.incidents.change(undefined, 'sweep-failed', () => incidentOf('2026-11-22T01:00:00Z', { kind: 'sweep-failed' }));
    expect(await two.page('/')).toMatch(/1 of 2 databases has no backup yet\.[\s\S]*Vault: 1 open incident/);
  });

  it('of many databases in a stack says between which times each begins; on one machine it begins at its time', async () => {
    const databases = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`db-${index}`, platform.config.databases.main]));
    const many = { ...platform, machine: undefined, config: { ...platform.config, databases } } as unknown as TestPlatform;
    const { cookie } = console;
    const seen = async (given: TestPlatform) => {
      const pages = Object.assign(consoleOf(given), { cookie });
      return `${await pages.page('/')}${await pages.page('/health')}`.replaceAll(/<[^>]*>/g, '');
    };
    expect((await seen(many)).match(/between 02:00 and 02:15/g)?.length).toBeGreaterThanOrEqual(12);
    expect(await seen({ ...many, machine: platform.machine ?? { mark: 'm', name: 'this' } } as TestPlatform)).not.toContain('between');
  });

  it('calls a database late whose slot was not served', async () => {
    await putStored(platform, '2026-11-20T02:00:00Z');
    expect(await text('/')).toContain('main Late');
  });

  it('is in French for a browser that prefers it, or once somebody has chosen', async () => {
    await putStored(platform, '2026-11-22T02:00:00Z');
    expect(await text('/', { 'accept-language': 'fr-CA,fr;q=0.9,en;q=0.8' })).toMatch(/Votre base est en sécurité\..*il y a 15 heures/);
    expect((await console.get('/language/fr?back=/health')).headers.get('set-cookie')).toMatch(/^sauvegarde-language=fr;/);
  });
});

describe('a backup', () => {
  it('shows its tables with what changed, its proof, its checksums, and the commands that restore it', async () => {
    await putStored(platform, '2026-11-21T02:00:00Z', { tables: [tableOf('person', 100), tableOf('old', 1), tableOf('same', 7)] });
    await putStored(platform, '2026-11-22T02:00:00Z', {
      tables: [tableOf('same', 7), tableOf('person', 130, 'b'), tableOf('new', 5)],
      restore: ['zstd -d x.zst', 'cp x /srv/app'],
      proof: { notes: ['a note'] },
    });
    const page = await text(`/backups/${id}`);
    expect(page).toMatch(/22 Nov 2026, 03:00 main-20261122_020000Z proven/);
    expect(page).toContain('Compared with main-20261121_020000Z: 3 tables changed, 1 the same');
    expect(page).toMatch(/old – gone .*person 130 \+30 .*new 5 new .*same 7 /);
    expect(page).toMatch(/SHA-256 [0-9a-f]{64} CRC-32 [0-9a-f]{8}/);
    expect(page).toMatch(/zstd -d x\.zst cp x \/srv\/app/);
    expect(page).toContain('Notes a note');
  });

  it('without a vault says so, and shows what the catalogue knows', async () => {
    await putStored(platform, '2026-11-22T02:00:00Z');
    rmSync(join(platform.folder, 'vault'), { recursive: true });
    const page = await text(`/backups/${id}`);
    expect(page).toContain('The vault cannot be read now.');
    expect(page).toContain('50 MB before compression');
    expect((await console.get('/')).status).toBe(200);
  });

  it.each(['main', 'main-20261122_020000Z_manual', '../../etc/passwd', '%2e%2e%2fstate', "main-20261122_020000Z'--", '__proto__', 'x'.repeat(5000)])(
    'of the name %j is not found',
    async (name) => {
      await putStored(platform, '2026-11-22T02:00:00Z');
      expect((await console.get(`/backups/${encodeURIComponent(name)}`)).status).toBe(404);
    },
  );
});

it('a run that is not recorded is not found, unless it was ordered just now', async () => {
  expect((await console.get(`/runs/${id}`)).status).toBe(404);
  expect(await text(`/runs/${id}?did=started`)).toContain('Waiting for its turn');
});

it('a script in every field that a database, an error or a reason can carry stays text', async () => {
  const hostile = `${script}' onclick="x" \u202e\u0000`;
  await putStored(platform, '2026-11-22T02:00:00Z', {
    change: { proof: { verdict: 'partial' }, hold: { by: hostile, since: '2026-11-22T03:00:00Z', reason: hostile } },
    tables: [tableOf(hostile, 1)],
    scan: { product: { name: 'SQLite', version: hostile }, objects: { [hostile]: 1 } },
    proof: { unproven: [hostile], notes: [hostile], differences: [hostile], flaws: [{ what: hostile, remedy: hostile }] },
    restore: [hostile],
  });
  const error = { name: 'UnexpectedError', message: hostile };
  const run = { ...runOf('2026-11-22T12:00:00Z'), requestedBy: hostile };
  await platform.catalogue.runs.end(run, { status: 'failed', error }, platform.clock.now());
  await platform.catalogue.incidents.change('main', 'backup-failed', () => ({
    ...incidentOf('2026-11-22T12:00:00Z'),
    last: { at: run.slot, subject: hostile, error },
  }));
  await platform.catalogue.audit.append({ ...auditOf(hostile, hostile), by: hostile });
  await platform.catalogue.audit.append({ ...auditOf(hostile, id), by: hostile });
  for (const path of ['/', '/backups', '/backups?state=failed', `/backups/${id}`, `/runs/${run.id}`, '/health', '/audit']) {
    const page = await console.page(path);
    expect(page).not.toMatch(/<script>|\sonclick="|\u202e/);
    expect(page).not.toContain('\0');
    if (path !== '/') expect(page).toContain('&lt;script&gt;');
  }
});

describe('the list', () => {
  it('filters by database, state, kind, days of the configured zone and a part of the name', async () => {
    for (const [slot, change] of [
      ['2026-11-20T02:00:00Z', {}],
      ['2026-11-20T23:30:00Z', { kind: 'manual' }], // the 21st in Paris
      ['2026-11-21T02:00:00Z', { proof: { verdict: 'flawed' } }],
      ['2026-11-22T02:00:00Z', { status: 'retired' }],
      ['2026-11-22T03:00:00Z', { database: 'other', proof: { verdict: 'none' } }],
    ] as const)
      await platform.catalogue.backups.add(backupOf(slot, change));
    const listed = async (query: string) =>
      [...(await console.page(`/backups?${query}`)).matchAll(/<th scope="row"><a href="\/backups\/([^"]+)"/g)].map(([, name]) => name);
    expect(await listed('')).toHaveLength(4);
    expect(await listed('state=all')).toHaveLength(5);
    expect(await listed('database=other')).toEqual(['other-20261122_030000Z']);
    expect(await listed('kind=manual')).toEqual(['main-20261120_233000Z_manual']);
    expect(await listed('state=flawed')).toEqual(['main-20261121_020000Z']);
    expect(await listed('state=retired')).toEqual([id]);
    expect(await listed('from=2026-11-21&to=2026-11-21')).toEqual(['main-20261121_020000Z', 'main-20261120_233000Z_manual']);
    expect(await listed('text=OTHER')).toEqual(['other-20261122_030000Z']);
    expect(await listed('state=nonsense&from=x&kind=y&database=%3Cscript%3E')).toHaveLength(4);
  });

  it('goes on by a cursor, and refuses one that was made up', async () => {
    for (let hour = 0; hour < 30; hour++) await platform.catalogue.backups.add(backupOf(new Date(Date.UTC(2026, 10, 20, hour)).toISOString()));
    const first = await console.page('/backups?database=main');
    const next = /rel="next" href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await console.page(next);
    const ids = (page: string) => [...page.matchAll(/<th scope="row"><a href="\/backups\/([^"]+)"/g)].map(([, name]) => name);
    expect([...ids(first), ...ids(second)]).toHaveLength(30);
    expect(new Set([...ids(first), ...ids(second)]).size).toBe(30);
    for (const after of ['x', "2026' OR 1=1", '2026-99-99T00:00:00Z main', '../..']) {
      const answer = await console.get(`/backups?after=${encodeURIComponent(after)}`);
      expect([after, answer.status]).toEqual([after, 400]);
    }
    for (const path of ['/audit?after=-1', '/audit?after=1e9', '/backups?state=failed&after=x'])
      expect([path, (await console.get(path)).status]).toEqual([path, 400]);
  });

  it('of thousands of records reads no more than one of a hundred, but for what is looked for and rare', async () => {
    const fill = async (from: number, to: number) => {
      using file = new DatabaseSync(join(platform.state, catalogueFile));
      const insert = file.prepare('INSERT INTO backup (id, database, slot, record) VALUES (?, ?, ?, ?)');
      file.exec('PRAGMA synchronous = OFF; BEGIN');
      for (let hour = from; hour < to; hour++) {
        const backup = backupOf(new Date(Date.UTC(2026, 10, 22) - hour * 3_600_000).toISOString());
        insert.run(backup.id, backup.database, backup.slot, JSON.stringify(backup));
      }
      file.exec('COMMIT');
      await noteStanding(platform, 'main');
    };
    let read = 0;
    const { backups } = platform.catalogue;
    const list: typeof backups.list = async (query) => {
      const page = await backups.list(query);
      read += page.items.length;
      return page;
    };
    const catalogue = { ...platform.catalogue, backups: { list, get: (name: string) => backups.get(name) } };
    const counting = consoleOf({ ...platform, catalogue } as unknown as TestPlatform);
    counting.cookie = console.cookie;
    const readsOf = async (path: string) => {
      read = 0;
      expect((await counting.get(path)).status).toBe(200);
      return read;
    };
    const paths = ['/', '/backups', '/backups?state=all', '/backups?to=2026-11-20&state=all', '/health'];
    await fill(0, 800);
    const few: number[] = [];
    for (const path of paths) few.push(await readsOf(path));
    await fill(800, 6000);
    for (const [place, path] of paths.entries()) expect([path, await readsOf(path)]).toEqual([path, few[place]]);
    for (const path of ['/backups?state=held', '/backups?text=nowhere']) expect(await readsOf(path)).toBe(2000);
  });
});

describe('health', () => {
  it('explains an incident, and what the next seven days will do', async () => {
    await platform.catalogue.incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T12:00:00Z'));
    const page = await text('/health');
    expect(page).toContain('1 open incident');
    expect(page).toMatch(
      /main: the backup failed .*The database is not where the configuration says\. .*there is no file \/srv\/app\.sqlite3 .*What to try Check the path/,
    );
    expect(page).toMatch(/Mon 23 Nov main 02:00 .* Sun 29 Nov .*Clean-up of the vault 01:00/);
    expect(await text('/health', { 'accept-language': 'fr' })).toMatch(/main\s: la sauvegarde a échoué/);
  });

  it('without a catalogue still shows what the schedules will do; the other pages say what is wrong', async () => {
    const fails = () => Promise.reject(new CatalogueUnavailableError('the catalogue does not answer'));
    const down = { list: fails, get: fails, append: fails, change: fails };
    const catalogue = { backups: down, runs: down, incidents: down, standings: down, audit: down };
    const broken = consoleOf({ ...platform, catalogue } as unknown as TestPlatform);
    broken.cookie = console.cookie;
    expect(await broken.page('/health')).toMatch(/The catalogue cannot be read now[\s\S]*Mon/);
    for (const path of ['/', '/backups', '/backups?state=failed', `/backups/${id}`, `/runs/${id}`, '/audit']) {
      const answer = await broken.get(path);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(await answer.text()).toMatch(/<nav [\s\S]*The catalogue does not answer[\s\S]*What to try/);
    }
  });
});

it('the audit log and histories speak French, with its units, and quote what is in English', async () => {
  await platform.catalogue.backups.add(backupOf('2026-11-22T02:00:00Z', { status: 'retired' }));
  const entries: [AuditRecord['action'], Detail][] = [
    ['backup-requested', { about: 'kind', kind: 'manual' }],
    ['backup-published', { about: 'backup', size: 837_494, rows: 46_205, verdict: 'proven' }],
    ['run-failed', { about: 'error', name: 'SourceLockedError', message: 'app.sqlite3 is locked' }],
    ['refused', { about: 'refusal', order: 'retire', message: 'it is held' }],
    ['retired', { about: 'beyond', newest: 30 }],
    ['swept', { about: 'clean-up', removed: 1, orphans: 2, recorded: 0, missing: 1 }],
  ];
  for (const [action, detail] of entries) await platform.catalogue.audit.append({ ...auditOf(detailText(detail), id), by: 'scheduler', action });
  for (const path of ['/audit', `/backups/${id}`]) {
    const page = (await text(path, { 'accept-language': 'fr' })).replace(/\s+/g, ' ');
    expect(page).toMatch(/a demandé une sauvegarde.* manuelle/);
    expect(page).toContain('837 ko, 46 205 lignes, éprouvée');
    expect(page).toContain('un autre programme a gardé la base verrouillée');
    expect(page).toMatch(/retirer : +it is held/);
    expect(page).toContain('plus ancienne que les 30 plus récentes');
    expect(page).toContain('1 fichier inachevé supprimé, 2 fichiers sans propriétaire retirés, 1 sauvegarde disparue');
    expect(page).not.toMatch(/bytes|rows|scheduler|by order/);
  }
  expect(await console.page('/audit', { 'accept-language': 'fr' })).toContain('<q lang="en"><bdi>app.sqlite3 is locked</bdi></q>');
});

it('the audit log is listed, newest first, and filtered by its subject', async () => {
  await platform.catalogue.audit.append(auditOf('a link', id));
  expect(await text('/audit')).toMatch(/cli:alice downloaded main-20261122_020000Z by a link .* console:alice signed in to the console/);
  expect(await text(`/audit?subject=${id}`)).not.toContain('signed in');
});

it('the audit log is filtered by database, person and days, in the language of the page', async () => {
  const entries = [
    { ...auditOf('first'), at: '2026-11-20T10:00:00Z', by: 'cli:alice' },
    { ...auditOf('of another database', 'shop-20261121_020000Z'), at: '2026-11-21T10:00:00Z', by: 'cli:bob' },
    { ...auditOf('third'), at: '2026-11-21T22:59:59Z', by: 'scheduler' },
    { ...auditOf('fourth'), at: '2026-11-21T23:00:00Z', by: 'cli:bob' }, // the 22nd in Paris
  ];
  for (const entry of entries) await platform.catalogue.audit.append(entry);
  const found = async (query: string, language = 'en') => {
    const page = await text(`/audit?${query}`, { 'accept-language': language });
    return entries.flatMap(({ detail }) => (page.includes(detail) ? [detail] : []));
  };
  expect(await found('database=main')).toEqual(['first', 'third', 'fourth']);
  expect(await found('author=bob')).toEqual(['of another database', 'fourth']);
  expect(await found('from=2026-11-21&to=2026-11-21')).toEqual(['of another database', 'third']);
  expect(await found('author=planificateur', 'fr')).toEqual(['third']);
  expect(await found('database=main&author=bob&to=2026-11-21')).toEqual([]);
  expect(await found('from=nonsense&to=2026-99-99&database=../..')).toHaveLength(4);
});

it('what the audit log is filtered for is found far behind other entries', async () => {
  await platform.catalogue.audit.append({ ...auditOf('long ago'), by: 'cli:bob' });
  for (let count = 0; count < 120; count++) await platform.catalogue.audit.append(auditOf(`entry ${count}`));
  expect(await text('/audit')).not.toContain('long ago');
  expect(await text('/audit?author=bob')).toContain('long ago');
});

it('a page with a year of backups of ten databases is under 50 KB with its files', async () => {
  const names = Array.from({ length: 10 }, (_, place) => `database-${place}`);
  for (const database of names)
    for (let day = 1; day <= 30; day++)
      await platform.catalogue.backups.add(backupOf(new Date(Date.UTC(2026, 9, 22 + day, 2)).toISOString(), { database, size: day * 1e6 }));
  const overview = await console.page('/');
  const files = await Promise.all([...overview.matchAll(/"(\/assets\/[^"]+)"/g)].map(async ([, path = '']) => (await console.page(path)).length));
  const sizes = await Promise.all(['/', '/backups?state=all', '/health'].map(async (path) => (await console.page(path)).length));
  const ofFiles = files.reduce((sum, size) => sum + size, 0);
  expect(Math.max(...sizes) + ofFiles).toBeLessThan(50_000 + 10_000);
  expect(Math.max(...sizes)).toBeLessThan(50_000);
});
