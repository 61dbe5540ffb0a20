import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { storeDocument } from '../../core/bytes/stored.ts';
import { writeIdentity } from '../../core/documents/source-identity.ts';
import { identityKey } from '../../core/names.ts';
import { reportChange } from '../../core/operations/keeping/identities.ts';
import { consoleOf, type TestConsole } from '../support/console.ts';
import { executing } from '../support/executions.ts';
import { type TestPlatform, testPlatform } from '../support/platform.ts';
import { runOf } from '../support/records.ts';
import { putStored } from '../support/stored-backup.ts';

const older = 'main-20261121_020000Z';
const id = 'main-20261122_020000Z';
const targets = { spare: { engine: 'sqlite', file: 'spare.sqlite3' }, server: { engine: 'postgres', connection: { secret: 'prod/spare' } } } as const;
let platform: TestPlatform;
let console: TestConsole;

beforeEach(async () => {
  platform = await testPlatform({ config: { targets } });
  await putStored(platform, '2026-11-21T02:00:00Z');
  await putStored(platform, '2026-11-22T02:00:00Z');
  console = consoleOf(platform);
  await console.signIn();
});

const recordOf = (backup: string) => platform.catalogue.backups.get(backup);
const historyOf = async (backup: string) =>
  (await platform.catalogue.audit.list({ subject: backup })).items.map(({ action, by, claimed }) => [action, by, claimed]);

it('a backup that the vault has lost is let go, and nothing else is offered for it', async () => {
  await platform.catalogue.backups.change(older, (record) => ({ ...record, status: 'missing' }));
  const page = await console.page(`/backups/${older}`);
  expect(page).toMatch(/The vault has lost this backup[\s\S]*no longer counts as missing/);
  expect(page).not.toMatch(/\/(?:hold|verify|download)"/);
  await console.post(`/backups/${older}/retire`);
  expect(await recordOf(older)).toMatchObject({ status: 'retired' });
});

it('hold and release lead back to their page, say what was done, and are audited under the name of who is in', async () => {
  const held = await console.post(`/backups/${id}/hold`, { reason: 'before the migration', back: `/backups/${id}` });
  expect({ status: held.status, to: held.headers.get('location') }).toEqual({ status: 303, to: `/backups/${id}?did=held&on=${id}` });
  expect(await recordOf(id)).toMatchObject({ hold: { by: 'console:alice', reason: 'before the migration' } });
  expect(await console.page(`/backups/${id}?did=held&on=${id}`)).toMatch(
    /The backup is held: it is never retired[\s\S]*Held by console:alice since .*before the migration/,
  );
  await console.post(`/backups/${id}/release`);
  expect((await recordOf(id))?.hold).toBeUndefined();
  expect(await historyOf(id)).toEqual([
    ['released', 'console:alice', false],
    ['held', 'console:alice', false],
  ]);
});

it('retire can be undone from the page that says so', async () => {
  const retired = await console.post(`/backups/${older}/retire`, { back: '/backups' });
  expect(await recordOf(older)).toMatchObject({ status: 'retired' });
  expect(await platform.vault.list('main/2026/11/backup_20261121')).toEqual([]);
  const page = await console.page(retired.headers.get('location') ?? '');
  expect(page).toContain(`action="/backups/${older}/unretire"`);
  await console.post(`/backups/${older}/unretire`);
  expect(await recordOf(older)).toMatchObject({ status: 'published', hold: { reason: 'brought back' } });
});

describe('another database under the name', () => {
  const [mark, third] = ['system identifier 7, database shop', 'main-20261124_020000Z'];

  beforeEach(async () => {
    await storeDocument(
      platform.vault,
      identityKey('main', 1),
      writeIdentity({ format: 'sauvegarde-source-identity', version: 1, mark: 'system identifier 6, database shop', since: '2026-11-20T02:00:00Z' }),
    );
    await putStored(platform, '2026-11-23T02:00:00Z', { change: { stranger: mark }, identity: { mark } });
    await reportChange(platform, { id: stranger, database: 'main', identity: { mark } });
  });
  const stranger = 'main-20261123_020000Z';

  it.each([
    ['en', '/health', 'Accept this database', /The database is accepted: its backups count together/],
    ['fr', `/backups/${stranger}`, 'Accepter cette base', /La base est acceptée\u00a0: ses sauvegardes comptent ensemble/],
  ])('is accepted by the button where it is shown, and that is audited: %s', async (language, path, label, said) => {
    const page = await console.page(path, { 'accept-language': language });
    expect(page).toMatch(new RegExp(`action="/backups/${stranger}/accept"[^>]*>.*name="token" value="[^"]+".*>${label}</button>`));
    const accepted = await console.post(`/backups/${stranger}/accept`, { back: path });
    expect({ status: accepted.status, to: accepted.headers.get('location') }).toEqual({ status: 303, to: `${path}?did=accepted&on=${stranger}` });
    expect(await console.page(`${path}?did=accepted&on=${stranger}`, { 'accept-language': language })).toMatch(said);
    expect(await console.page(path, { 'accept-language': language })).not.toContain(label);
    expect(await recordOf(stranger)).not.toHaveProperty('stranger');
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect((await platform.catalogue.audit.list({ subject: 'main' })).items).toMatchObject([
      { action: 'source-accepted', by: 'console:alice', claimed: false, detail: mark },
    ]);
  });

  it('is not accepted without the token of the form, nor when the newest backup is of yet another one, which nobody has seen', async () => {
    expect((await console.post(`/backups/${stranger}/accept`, { token: 'other' })).status).toBe(403);
    await putStored(platform, '2026-11-24T02:00:00Z', { change: { stranger: 'system identifier 8' }, identity: { mark: 'system identifier 8' } });
    const refused = await console.post(`/backups/${stranger}/accept`);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toMatch(new RegExp(`${third}, is of another database than ${stranger}: system identifier 8\\. Look at it first`));
    expect(await recordOf(stranger)).toMatchObject({ stranger: mark });
    expect((await console.post('/backups/main-20200101_020000Z/accept')).status).toBe(409);
    expect((await console.post('/backups/..%2F..%2Fmain/accept')).status).toBe(404);
  });
});

describe('a state that does not allow the order', () => {
  it.each<[string, string, () => Promise<unknown>, RegExp]>([
    ['retire', 'is held', () => console.post(`/backups/${id}/hold`, { reason: 'x' }), /is held by console:alice; release it first/],
    ['retire', 'is the only good one', () => console.post(`/backups/${older}/retire`), /is the only good backup of main/],
    ['release', 'is not held', async () => undefined, /is not held/],
    ['unretire', 'is not retired', async () => undefined, /is not retired/],
    ['hold', 'is retired', () => console.post(`/backups/${id}/retire`), /is retired; only a published backup can be held/],
    ['download', 'is retired', () => console.post(`/backups/${id}/retire`), /is retired; bring it back first/],
    ['verify', 'is retired', () => console.post(`/backups/${id}/retire`), /only a published backup can be verified/],
  ])('%s of a backup that %s answers with the reason', async (order, _, prepare, why) => {
    await prepare();
    const before = await recordOf(id);
    const refused = await console.post(`/backups/${id}/${order}`);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toMatch(why);
    expect(await recordOf(id)).toEqual(before);
    const [noted] = (await platform.catalogue.audit.list()).items;
    expect(noted).toMatchObject({ action: 'refused', by: 'console:alice', detail: expect.stringMatching(new RegExp(`^${order}: `)) });
  });

  it.each(['hold', 'release', 'retire', 'unretire', 'verify', 'download'])(
    '%s of a run that failed, of a database and of nothing is refused',
    async (order) => {
      const failed = runOf('2026-11-22T12:00:00Z');
      await platform.catalogue.runs.end(failed, { status: 'failed', error: { name: 'SourceMissingError', message: 'gone' } }, platform.clock.now());
      for (const name of [failed.id, 'main', 'main-20200101_000000Z', '..%2F..%2Fmain', '%00']) {
        const refused = await console.post(`/backups/${name}/${order}`);
        expect([name, refused.status]).toEqual([name, 404]);
      }
      expect((await platform.catalogue.audit.list({ subject: failed.id })).items).toEqual([]);
    },
  );

  it('a download from a vault that is not there says so, and is no file', async () => {
    rmSync(join(platform.folder, 'vault'), { recursive: true });
    const answer = await console.post(`/backups/${id}/download`);
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-disposition')).toBeNull();
    expect(await answer.text()).toContain('What to try');
  });

  it('a refuted backup cannot be downloaded', async () => {
    await platform.catalogue.backups.change(id, (backup) => ({ ...backup, proof: { verdict: 'refuted' } }));
    expect((await console.post(`/backups/${id}/download`)).status).toBe(409);
  });
});

describe('download', () => {
  it('hands out the stored bytes with their name, and is audited', async () => {
    const answer = await console.post(`/backups/${id}/download`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const page = await console.page(`/backups/${id}`);
    expect(page).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="backup_20261122_020000Z.sqlite3.zst"');
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(await historyOf(id)).toEqual([['downloaded', 'console:alice', false]]);
  });

  it('of changed bytes breaks off, so that no browser takes the file for whole', async () => {
    const backup = await recordOf(id);
    const file = join(platform.folder, 'vault', backup?.objects.dump ?? '');
    writeFileSync(file, Buffer.alloc(backup?.size ?? 0, 1));
    const answer = await console.post(`/backups/${id}/download`);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it('of a very large file first names the command that is better for it', async () => {
    await platform.catalogue.backups.change(id, (backup) => ({ ...backup, size: 6e9 }));
    const warned = await (await console.post(`/backups/${id}/download`)).text();
    expect(warned).toContain(`sauvegarde download ${id}`);
    expect(await historyOf(id)).toEqual([]);
    expect((await console.post(`/backups/${id}/download`, { anyway: 'yes' })).headers.get('content-type')).toBe('application/octet-stream');
  });
});

describe('back up now', () => {
  const runs: string[] = [];
  let finish: () => void;

  beforeEach(async () => {
    runs.length = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    finish = resolve;
    console = consoleOf(
      executing(platform, async ({ database }) => {
        runs.push(database);
        await promise;
      }) as TestPlatform,
    );
    await console.signIn();
  });

  it('by two people at once is one run, of which both are told', async () => {
    const [one, other] = await Promise.all([console.post('/backups', { database: 'main' }), console.post('/backups', { database: 'main' })]);
    const said = [one, other].map((answer) => /did=(\w+)&on=(.*)$/.exec(answer.headers.get('location') ?? '')?.slice(1));
    expect(said.map((each) => each?.[0]).sort()).toEqual(['exists', 'started']);
    expect(said[0]?.[1]).toBe(said[1]?.[1]);
    expect(runs).toEqual(['main']);
    const page = await console.page(other.headers.get('location') ?? '');
    expect(page).toMatch(/The backup has begun|is under way already/);
    expect(page).toContain('data-every="2"'); // its run may not be recorded yet
    finish();
  });

  it('begins none beside a run of another process, and shows that one', async () => {
    const run = { ...runOf('2026-11-22T16:59:00Z'), execution: `${platform.presence.id}:other` };
    await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-23T00:00:00Z'), now: platform.clock.now(), again: false });
    const answer = await console.post('/backups', { database: 'main' });
    expect(answer.headers.get('location')).toBe(`/?did=exists&on=${run.id}`);
    expect(runs).toEqual([]);
    expect(await console.page('/')).toContain(`/runs/${run.id}`);
  });

  it.each([[''], ['other'], ['../main'], ['<script>'], ['__proto__']])('of %j starts nothing, and says what is configured', async (database) => {
    const answer = await console.post('/backups', { database });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('configured: main');
    expect(runs).toEqual([]);
  });
});

it('a run that is under way is shown with its step, its bytes and its rate, on every page that lists it', async () => {
  const run = { ...runOf('2026-11-22T16:59:00Z'), execution: `${platform.presence.id}:one` };
  await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-23T00:00:00Z'), now: platform.clock.now(), again: false });
  console.underWay.watching(platform.log).progress({ run: run.id, step: 'dump', bytes: 12_000_000, total: 48_000_000 });
  for (const path of ['/', '/backups', `/runs/${run.id}`]) {
    const page = await console.page(path);
    expect(page).toMatch(/<progress aria-label="[^"]*" max="48000000" value="12000000">/);
    expect(page).toMatch(/dumping\u00a0· 12\u00a0MB of 48\u00a0MB(, .*\/s)?\u00a0· usually 2\u00a0s/);
    expect(page).toContain('data-every="2"');
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
  }
  await platform.catalogue.runs.change(run.id, run.execution, (there) => ({
    ...there,
    attempts: 3,
    dumps: [
      { startedAt: '2026-11-22T16:59:00Z', seconds: 12.3, error: { name: 'ToolFailedError', message: 'it <b>fell</b>' } },
      { startedAt: '2026-11-22T17:00:12Z' },
    ],
  }));
  await platform.catalogue.runs.end(run, { status: 'failed', error: { name: 'SourceLockedError', message: 'locked' } }, platform.clock.now());
  expect(await console.page(`/runs/${run.id}`)).toMatch(
    /Attempts<\/h2>.*16:59:00.*2\.<\/b> 12\u00a0s · a program that does part of the work failed: .*it &lt;b&gt;fell.*17:00:12.*3\.<\/b> cut off without a result/s,
  );
  expect(await console.page(`/runs/${run.id}`)).toMatch(
    /name="database" value="main"[\s\S]*Back up now[\s\S]*Another program kept the database locked[\s\S]*locked[\s\S]*What to try/,
  );
});

describe('restore into a declared target', () => {
  const asked = { to: 'spare', confirmed: 'main', back: `/backups/${id}` };
  const spare = () => join(platform.folder, 'spare.sqlite3');
  const ended = () => expect.poll(() => console.page(`/backups/${id}`), { timeout: 20_000 });

  it('is a form of the page of a backup, which offers the targets of its engine, and of the page of no other', async () => {
    expect(await console.page(`/backups/${id}`)).toMatch(/Type “main” to confirm/);
    expect(await console.page(`/backups/${id}`)).toMatch(/<option value="spare" selected>spare<\/option><\/select>/);
    await console.post(`/backups/${older}/retire`);
    expect(await console.page(`/backups/${older}`)).not.toContain('to confirm');
  });

  it('is one at a time, and is told under way on the page', async () => {
    const begun = await console.post(`/backups/${id}/restore`, asked);
    expect(begun.headers.get('location')).toBe(`/backups/${id}?did=restoring&on=${id}`);
    expect((await console.post(`/backups/${id}/restore`, asked)).status).toBe(409);
    await ended().toMatch(/The backup could not be restored/); // its dump is a line of text
    expect(existsSync(spare())).toBe(false);
  });

  it.each<[string, Record<string, string>, number, RegExp]>([
    ['with another name typed', { confirmed: 'Main' }, 409, /the name of the database was not confirmed: type main/],
    ['with nothing typed', { confirmed: '' }, 409, /the name of the database was not confirmed/],
    ['of another engine', { to: 'server' }, 409, /is of the engine sqlite, and the target server of postgres/],
    ['that is none', { to: '__proto__' }, 400, /no target is called &quot;__proto__&quot;; declared: spare, server/],
    ['without a name', { to: '' }, 400, /no target is called/],
  ])('%s changes nothing and says why', async (_, change, status, why) => {
    const answer = await console.post(`/backups/${id}/restore`, { ...asked, ...change });
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status, text: expect.stringMatching(why) });
    expect(existsSync(spare())).toBe(false);
  });

  const offered = async (backup: string) => [...(await console.page(`/backups/${backup}`)).matchAll(/type="checkbox" name="(\w+)"/g)].map(([, name]) => name);

  it('offers roles where the backup holds some, and to leave out statements where some do not run', async () => {
    expect(await offered(id)).toEqual(['force']);
    const globals = { roles: [], memberships: [], settings: [] };
    const source = { encoding: 'UTF8', collation: 'C', roles: [], extensions: [] };
    const product = { name: 'PostgreSQL', version: '18.1' };
    const flaws = [{ what: 'a view over a lost table', remedy: 'drop it' }];
    const change = { engine: 'postgres', proof: { verdict: 'flawed' } } as const;
    await putStored(platform, '2026-11-22T03:00:00Z', { change, proof: { flaws }, scan: { engine: 'postgres', product, source: { ...source, globals } } });
    await putStored(platform, '2026-11-22T04:00:00Z', { change: { engine: 'postgres' }, scan: { engine: 'postgres', product, source } });
    expect(await offered('main-20261122_030000Z')).toEqual(['force', 'roles', 'flawed']);
    expect(await offered('main-20261122_040000Z')).toEqual(['force']);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['tables that the backup does not have', { tables: 'person\r\n\r\n  nowhere ' }, /the backup has no table &quot;nowhere&quot;; it has person/],
    ['roles of a file', { roles: 'yes' }, /--with-roles is for servers/],
    ['tables with their roles', { tables: 'person', roles: 'yes' }, /--with-roles is for whole backups/],
  ])('of %s is told on the page', async (_, fields, why) => {
    await console.post(`/backups/${id}/restore`, { ...asked, ...fields });
    await ended().toMatch(why);
    expect(existsSync(spare())).toBe(false);
  });

  it('of a flawed backup is refused, unless it was asked for without what does not run', async () => {
    const change = { proof: { verdict: 'flawed' } } as const;
    const { id: flawed } = await putStored(platform, '2026-11-22T05:00:00Z', { change, proof: { flaws: [{ what: 'a stale view', remedy: 'drop it' }] } });
    const ended = () => expect.poll(() => console.page(`/backups/${flawed}`), { timeout: 20_000 });
    await console.post(`/backups/${flawed}/restore`, asked);
    await ended().toMatch(/restores, but without one part: a stale view/);
    await console.post(`/backups/${flawed}/restore`, { ...asked, flawed: 'yes' });
    await ended().toMatch(/The backup could not be restored: <q lang="en"><bdi>(?!main-)/); // its dump is a line of text
  });

  it('of a retired backup is refused, and audited', async () => {
    await console.post(`/backups/${older}/retire`);
    const answer = await console.post(`/backups/${older}/restore`, asked);
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 409, text: expect.stringMatching(/is retired; bring it back first/) });
    expect((await historyOf(older))[0]).toEqual(['refused', 'console:alice', false]);
  });
});

it('a proof that is under way says for how long it lasts, and how long one usually takes', async () => {
  await platform.catalogue.backups.change(older, (backup) => ({ ...backup, proof: { ...backup.proof, seconds: 100 } }));
  await platform.catalogue.backups.change(id, (backup) => ({ ...backup, proof: { ...backup.proof, seconds: 7 } }));
  await putStored(platform, '2026-11-22T05:00:00Z', { change: { proof: { verdict: 'proven', seconds: 200 } } });
  await putStored(platform, '2026-11-22T06:00:00Z', { change: { proof: { verdict: 'refuted', seconds: 9000 } } });
  const run = { ...runOf('2026-11-22T16:59:00Z'), execution: 'another process:one' };
  await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-23T00:00:00Z'), now: platform.clock.now(), again: false });
  const at = '2026-11-22T16:59:00Z';
  await platform.catalogue.runs.change(run.id, run.execution, (there) => ({
    ...there,
    attempts: 1,
    progress: { step: 'dumped', bytes: 5_000_000, begunAt: at, at },
  }));
  platform.clock.set('2026-11-22T17:00:05Z');
  for (const path of ['/', '/backups', `/runs/${run.id}`])
    expect(await console.page(path)).toMatch(
      /dumped, being checked and published\u00a0· 5\u00a0MB\u00a0· for 1\u00a0min 5\u00a0s\u00a0· usually 1\u00a0min 40\u00a0s/,
    );
  const french = await console.page(`/runs/${run.id}`, { 'accept-language': 'fr' });
  expect(french).toMatch(/depuis 1\u00a0min 5\u00a0s\u00a0· d&#39;habitude 1\u00a0min 40\u00a0s/);

  let end = (): void => undefined;
  console.underWay.begin('verify', id, () => new Promise<void>((resolve) => (end = resolve)));
  expect(await console.page(`/backups/${id}`)).toMatch(/test restore\u00a0· usually 1\u00a0min 40\u00a0s/);
  end();
});

it('a proof on demand that fails is told on the page of its backup', async () => {
  await console.post(`/backups/${id}/verify`);
  await expect.poll(() => console.page(`/backups/${id}`), { timeout: 20_000 }).toMatch(/could not be proven again|refuted/);
});
