import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { StartOutput } from '../../core/operations/orders/start.ts';
import { cacheFolder } from '../../layers/layers.ts';
import { describeAws } from '../support/aws.ts';
import { start } from '../support/cli.ts';
import { emptyTarget, seeded } from '../support/deployed-postgres.ts';
import { deployedStack, jsonOf } from '../support/deployed-stack.ts';
import { coldStart } from '../support/programs.ts';

const by = /cli:\S+/;

describeAws('--stack', { timeout: coldStart }, () => {
  it('backs up, lists, shows, holds, plans, rotates, brings back and downloads as on one machine, each through a function', async () => {
    const { deployed, stack, folder, run } = await deployedStack({}, { target: emptyTarget });
    const made = await run(['backup']);
    expect(made).toMatchObject({ status: 0 });
    expect(made.stdout).toMatch(/^main-\S+: backed up .* \(2 tables, 203 rows\)/);
    expect(made.stdout).toContain(`stored   s3://${deployed.bucket}/main/`);
    expect(made.stdout).toMatch(/proof {4}proven: restored and compared in/);
    expect(made.stderr).toMatch(/: started\n/);

    const [backup] = jsonOf(await run(['list', '--json'])) as [{ id: string; size: number; rows: number }];
    expect(backup).toMatchObject({ status: 'published', rows: seeded.rows, proof: { verdict: 'proven' } });
    expect((await run(['list'])).stdout).toMatch(/SLOT \(AMERICA\/CAYENNE\)/i);
    expect((await run(['list', 'main', '--runs'])).stdout).toMatch(new RegExp(`${backup.id} .* succeeded +1 +cli:`));

    const shown = await run(['show', 'main']);
    expect(shown.stdout).toContain(`by hand, after "sauvegarde --stack ${stack.name} download ${backup.id}":\n  `);
    expect(jsonOf(await run(['show', 'main', '--json']))).toMatchObject({
      backup: { id: backup.id },
      manifest: { id: backup.id, requestedBy: expect.stringMatching(by) },
      scan: { format: 'sauvegarde-scan' },
      proof: { verdict: 'proven' },
      history: [{ action: 'backup-published' }, { action: 'backup-requested', by: expect.stringMatching(by) }],
    });

    const proven = await run(['verify', 'main']);
    expect(proven).toMatchObject({ status: 0, stdout: expect.stringMatching(new RegExp(`^${backup.id}: proven in .*: restored, checked and compared`)) });
    expect(await run(['verify', 'main', '--copy'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/leave --copy out/) });

    const restored = await run(['restore', 'main', '--to', 'staging', '--yes', 'main']);
    expect(restored).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/restored into \w+ at 127\.0\.0\.1:\d+: 203 rows in 2 tables, equal to what was backed up/),
    });
    const again = await run(['restore', 'main', '--to', 'staging', '--yes', 'main']);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringMatching(/the target is not empty/) });
    expect(await run(['restore', 'main', '--to', 'staging'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/type main to restore it into staging/),
    });
    expect(await run(['restore', 'main', '--to', 'nowhere', '--yes', 'main'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/declared: staging/) });
    expect(await run(['restore', 'main', '--into', 'env:X'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/write --to NAME/) });

    const told = await run(['download', 'main']);
    expect(told).toMatchObject({ status: 0 });
    const file = join(folder, /^(\S+): /.exec(told.stdout)?.[1]?.replace(`${folder}/`, '') ?? '');
    const bytes = readFileSync(file);
    expect(told.stdout).toContain(`SHA-256 ${createHash('sha256').update(bytes).digest('hex')} verified`);
    expect(bytes.byteLength).toBe(backup.size);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(zstdDecompressSync(bytes).toString()).toContain('PostgreSQL database dump complete');
    expect((await run(['download', 'main'])).stderr).toMatch(/already exists; nothing was changed\. Use --force/);
    expect((await run(['download', 'main', '--json', 'again.zst'])).stdout).toContain(`"file": "${join(folder, 'again.zst')}"`);

    const opened = await start(folder, ['--stack', stack.name, 'open', 'main', '--json'], {
      env: { ...stack.environment, SAUVEGARDE_CACHE: cacheFolder() },
    }).ended;
    expect(jsonOf(opened)).toMatchObject({ backup: backup.id, ...seeded, address: expect.stringMatching(/^postgres:\/\/\//) });
    expect((await run(['diff', 'main', 'main'])).stdout).toContain('nothing differs in 2 tables');

    const held = await run(['hold', 'main', '--reason', 'before the migration']);
    expect(held).toMatchObject({ status: 0, stdout: `${backup.id} is held until you release it\n` });
    expect((await run(['list'])).stdout).toMatch(/held by cli:/);
    const [newer] = jsonOf(await run(['backup', 'main', '--json'])) as [{ id: string }];
    await stack.settled(); // its own rotation comes after the command's end
    expect((await run(['release', backup.id])).status).toBe(0);
    expect((await run(['release', backup.id])).stderr).toMatch(new RegExp(`${backup.id} is not held`));
    const planned = await run(['rotate', '--dry-run']);
    expect(planned.stdout).toMatch(new RegExp(`${newer.id} .* keep .*\n.*${backup.id} .* retire `));
    expect(await deployed.catalogue.backups.get(backup.id)).toMatchObject({ status: 'published' });
    expect((await run(['rotate', 'main'])).stdout).toMatch(new RegExp(`${backup.id} .* retired `));
    expect(await run(['download', backup.id, 'retired.zst'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/is retired; bring it back first/) });
    expect((await run(['unretire', backup.id])).status).toBe(0);
    await deployed.catalogue.backups.remove(backup.id);
    expect(jsonOf(await run(['rebuild', '--json']))).toEqual({ corrected: [], recorded: [backup.id], runs: [], invalid: [] });
    expect(await deployed.catalogue.backups.get(backup.id)).toMatchObject({
      status: 'published',
      hold: { by: expect.stringMatching(by), reason: 'brought back' },
    });
    expect(await run(['rebuild', '--begin-again'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the vault is not empty: it has \d backups/),
    });
    expect(await run(['rebuild', '--take-over'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/a stack has a vault of its own/) });
    const audit = (await deployed.catalogue.audit.list({ subject: backup.id })).items;
    expect(audit.map(({ action }) => action)).toEqual([
      'brought-back',
      'refused',
      'retired',
      'refused',
      'released',
      'held',
      'downloaded',
      'downloaded',
      'downloaded',
      'downloaded',
      'refused',
      'restored',
      'verified',
      'backup-published',
      'backup-requested',
    ]);
    expect(audit.filter(({ action }) => !action.startsWith('backup-')).every((entry) => by.test(entry.by))).toBe(true);
    expect(audit.every(({ claimed }) => claimed === true)).toBe(true); // a function is not told who invokes it
    expect((await run(['show', backup.id])).stdout).toMatch(/ {2}held by cli:\S+ \(claimed\): before the migration/);
    expect(existsSync(join(folder, 'vault')) || existsSync(join(folder, 'state'))).toBe(false);
  });

  it('a run that fails there ends the command as one here: its error, what to try, and 1', async () => {
    const { deployed, run, stack } = await deployedStack();
    await deployed.setSecret(deployed.secretText({ port: 1 }));
    const { status, stdout, stderr } = await run(['backup', 'main']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/error: .*127\.0\.0\.1.*\nCheck that the server runs, that host and port are right/);
    expect(stderr).not.toContain(deployed.password);
    await stack.settled();
    expect(await run(['show', 'main'])).toMatchObject({ status: 3, stderr: expect.stringMatching(/database main has no good backup yet/) });
    expect(await run(['backup', 'shop'])).toMatchObject({ status: 2, stderr: expect.stringMatching(/no database is called "shop"; configured: main/) });
    expect(await run(['rotate', 'Shop!'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/the event cannot be understood: "database": write a database's name/),
    });
  });

  it('one database whose run cannot be followed keeps back no other: its backup is told, then the error', async () => {
    const stranger = { database: 'shop', name: 'shop-20261122_050000Z_manual', outcome: 'started' };
    const alter = (name: string, answer: unknown) => (name === 'start' ? { executions: [stranger, ...(answer as StartOutput).executions] } : answer);
    const { run } = await deployedStack({ alter });
    const { status, stdout, stderr } = await run(['backup', '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([
      { database: 'shop', status: 'failed', error: { name: 'ConfigurationError', message: expect.stringContaining('no database is called "shop"') } },
      { database: 'main', status: 'published', rows: seeded.rows },
    ]);
    expect(stderr).toMatch(/error: shop: no database is called "shop"; configured: main\n$/);
  });

  it('Ctrl-C stops the waiting and says so; the run goes on and makes its backup', async () => {
    const gate = Promise.withResolvers<void>();
    const { deployed, folder, stack } = await deployedStack({ before: (name) => (name === 'publish' ? gate.promise : undefined) });
    const running = start(folder, ['--stack', stack.name, 'backup', 'main'], { env: stack.environment });
    await running.until(/: dumping main \(attempt 1\)/);
    process.kill(running.pid, 'SIGINT');
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toContain(`waiting was stopped, but the runs go on: "sauvegarde --stack ${stack.name} list --runs" shows how they end`);
    expect(stderr).not.toMatch(/next start/);
    gate.resolve();
    await stack.settled();
    expect((await deployed.catalogue.backups.list()).items).toHaveLength(1);
  });
});
