import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Finding } from '../../../core/operations/orders/check.ts';
import { findingsOfBuild } from '../../../core/operations/orders/check-on-build.ts';
import type { Shown } from '../../../core/operations/orders/show.ts';
import { describeAws } from '../../support/aws.ts';
import { project, sauvegarde } from '../../support/cli.ts';
import { serve } from '../../support/deployed-postgres.ts';
import { deploy } from '../../support/deployment.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { coldStart } from '../../support/programs.ts';
import { sampleDatabase } from '../../support/sqlite.ts';
import { codeBuildServer, lambdaServer, outputsOf, stackWith } from '../../support/stack.ts';
import { id, slot } from './deployed-calls.ts';

/** Databases that are files, in a folder that stands for EFS. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
  it('a file on EFS is dumped from where it is mounted, proven without a server and published; what keeps it from being read is said', async () => {
    const mount = join(temporaryFolder(), 'efs');
    const deployed = await deploy('', () => ({ engine: 'sqlite', file: 'app/notes.sqlite3' }), undefined, { mount });
    const found = async () => ((await deployed.invoke('dump', { check: true, families: [] })) as Finding[]).find(({ check }) => check === 'database main');
    const empty = { state: 'wrong', error: 'SourceMissingError', found: expect.stringContaining('fsap-1 is mounted: check that it is the access point') };
    expect(await found()).toMatchObject(empty);
    mkdirSync(mount);
    expect(await found()).toMatchObject(empty);
    const file = join(mount, 'app', 'notes.sqlite3');
    mkdirSync(dirname(file));
    expect(await found()).toMatchObject({ error: 'SourceMissingError', found: `there is no file ${file}` });
    sampleDatabase(file, { rows: 300, mode: 'WAL' });
    expect(await serve(deployed, '2026-11-21T02:00:00Z')).toMatchObject({ status: 'FAILED', error: 'SourceUnreadableError' });
    expect(await deployed.catalogue.runs.get('main-20261121_020000Z')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringContaining('in WAL mode') },
    });

    using application = new DatabaseSync(file);
    application.exec('PRAGMA journal_mode = DELETE');
    expect(await found()).toMatchObject({ state: 'ok', found: expect.stringMatching(/^app\/notes\.sqlite3: SQLite 3\.\d+\.\d+, 3 tables/) });
    const before = readFileSync(file);
    const called: string[] = [];
    expect(await serve(deployed, slot, { before: (name) => called.push(name) })).toMatchObject({ status: 'SUCCEEDED' });
    expect(called).toEqual(['open', 'dump', 'prove', 'publish', 'rotate']);
    expect({ names: readdirSync(dirname(file)), isSame: readFileSync(file).equals(before) }).toEqual({ names: ['notes.sqlite3'], isSame: true });
    const { manifest, proof } = ((await deployed.invoke('administer', { action: 'show', backup: id })) as Shown).files ?? {};
    expect({ manifest, proof }).toMatchObject({
      manifest: { dump: { key: expect.stringMatching(/\.sqlite3\.zst$/) } },
      proof: { verdict: 'proven', differences: [], notes: [] },
    });
    expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id, tables: 3, proof: { verdict: 'proven' } }]);

    // CodeBuild mounts nothing, and says so instead of looking for the file
    const end = await serve(deployed, '2026-11-23T02:00:00Z', { remaining: { dump: 100 } });
    expect(end).toMatchObject({ status: 'FAILED', error: 'OutOfTimeError', cause: expect.stringContaining('CodeBuild mounts EFS in privileged builds alone') });
    const order = JSON.stringify({ check: true, families: [] });
    expect(await findingsOfBuild(await deployed.build('build', { SAUVEGARDE_CHECK: order }))).toMatchObject([{ check: 'programs', state: 'ok' }]);

    // the rehearsal of a file, in the function and on the larger compute
    await deployed.buildFolder('proofBuild'); // outside of the command's own temporary folder
    const { name, environment } = await stackWith(outputsOf(deployed.bucket));
    const AWS_ENDPOINT_URL_LAMBDA = await lambdaServer(deployed.invoke);
    const AWS_ENDPOINT_URL_CODEBUILD = await codeBuildServer(deployed.build);
    const env = { ...environment, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_CODEBUILD };
    const { status, stdout } = await sauvegarde(project(), ['--stack', name, 'smoke'], { env });
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/^ok +dump: database main +app\/notes\.sqlite3: SQLite 3/m);
    expect(stdout).not.toMatch(/dump on CodeBuild: database/);
    for (const where of ['prove', 'prove on CodeBuild']) {
      expect(stdout).toMatch(new RegExp(`^ok +${where}: dump +SQLite 3\\S+, 3 tables with 1505 rows of a sample`, 'm'));
      expect(stdout).toMatch(new RegExp(`^ok +${where}: proof +the sample was restored in a second file, and all of it came back`, 'm'));
    }
  });
});
