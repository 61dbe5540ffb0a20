import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { outcomeVariable } from '../../core/names.ts';
import type { Finding } from '../../core/operations/orders/check.ts';
import { checkOnBuild } from '../../core/operations/orders/check-on-build.ts';
import { describeAws } from '../support/aws.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { deployedStack } from '../support/deployed-stack.ts';
import { coldStart } from '../support/programs.ts';
import { codeBuildServer, lambdaServer, outputsOf, stackWith } from '../support/stack.ts';

describeAws('smoke', { timeout: coldStart }, () => {
  it('goes through programs, databases, a scratch server, a dump and a proof inside the functions, and leaves nothing behind', async () => {
    const { deployed, run } = await deployedStack();
    await Promise.all(['build', 'proofBuild'].map(deployed.buildFolder)); // outside of the command's own temporary folder
    const { status, stdout } = await run(['smoke']);
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/^ok +administer: catalogue +0 backups$/m);
    expect(stdout).toMatch(/^ok +watch: alarms to admin@example\.org +confirmed$/m);
    expect(stdout).toMatch(/^ok +watch: mail from \S+@example\.org +confirmed$/m);
    expect(stdout).toMatch(/^ok +watch: test by mail +taken$/m);
    expect(stdout).toMatch(/^ok +watch: test by alarms +taken$/m);
    expect(await deployed.mails()).toHaveLength(1);
    expect(stdout).toMatch(/^ok +dump: programs +pg_dump \(PostgreSQL\) 18.*, psql \(PostgreSQL\) 18/m);
    expect(stdout).toMatch(/^ok +dump: database main +PostgreSQL 18\S* .*, 2 tables, /m);
    expect(stdout).toMatch(/^ok +prove: programs +pg_dump \(PostgreSQL\) 18.*, psql \(PostgreSQL\) 18/m);
    expect(stdout).toMatch(/^ok +prove: scratch server +a PostgreSQL server was started, .* \([\d.]+ s\)$/m);
    expect(stdout).toMatch(/^ok +prove: dump +PostgreSQL 18\S* .*, 2 tables with 1500 rows of a sample: \d+ bytes \([\d.]+ s\)$/m);
    expect(stdout).toMatch(/^ok +prove: proof +the sample was restored in a second scratch server, and all of it came back \([\d.]+ s\)$/m);
    expect(stdout).toMatch(/^ok +dump on CodeBuild: build +ran to its end \([\d.]+ s\)$/m);
    expect(stdout).toMatch(/^ok +dump on CodeBuild: programs +pg_dump \(PostgreSQL\) 18/m);
    expect(stdout).toMatch(/^ok +dump on CodeBuild: database main +PostgreSQL 18\S* .*, 2 tables, /m);
    expect(stdout).toMatch(/^ok +prove on CodeBuild: proof +the sample was restored/m);
    expect(stdout).not.toMatch(/wrong/i);
    expect(await deployed.vault.list('')).toEqual([]);
    expect((await deployed.catalogue.runs.list({})).items).toEqual([]);
    const calls = deployed.calls().filter((call) => !['administer', 'watch'].includes(call.function));
    expect(calls.map(({ action }) => action)).toEqual(['secretsmanager:GetSecretValue', 'secretsmanager:GetSecretValue']);
  });

  it('says what is wrong, in which function, what to try on AWS, and exits with 1', async () => {
    const { deployed, run } = await deployedStack();
    await deployed.setSecret(deployed.secretText({ port: 1 }));
    const [, proofFolder] = await Promise.all(['build', 'proofBuild'].map(deployed.buildFolder));
    const told = await run(['smoke']);
    expect(told.status).toBe(1);
    expect(told.stdout).toMatch(/^WRONG +dump: database main +.*127\.0\.0\.1.*\n +Check host and port in the secret .* security group/m);
    expect(told.stdout).toMatch(/^WRONG +dump on CodeBuild: database main +.*127\.0\.0\.1/m);
    expect(told.stdout).toMatch(/^ok +prove: proof /m);
    await deployed.setSecret(deployed.secretText());
    rmSync(join(proofFolder ?? '', 'main.mjs')); // what CodeBuild gets is not whole
    const { status, stdout } = await run(['smoke', '--json']);
    expect(status).toBe(1);
    expect((JSON.parse(stdout) as Finding[]).filter(({ state }) => state !== 'ok')).toEqual([
      {
        check: 'prove on CodeBuild: build',
        state: 'wrong',
        found: 'a build of proofBuild ended as FAILED; BUILD: exit status 1',
        error: 'InterruptedError',
      },
    ]);
    expect(stdout).not.toContain(deployed.password);
  });

  it('asks the function and the build of every place, of dumps and of restores', async () => {
    const outputs = { DumpFunction2: 'dump-second', DumpBuild2: 'build-second', RestoreFunction: 'restore', RestoreBuild: 'restoreBuild' };
    const { name, environment } = await stackWith({ ...outputsOf('any'), ...outputs });
    const found = (where: string): Finding[] => [{ check: 'programs', state: 'ok', found: `those of ${where}` }];
    const functions = await lambdaServer(async (called) => {
      if (called === 'administer') return { items: [] };
      return called === 'watch' ? { findings: [] } : found(called);
    });
    const builds = await codeBuildServer(async (called) => [{ Name: outcomeVariable, Value: await checkOnBuild(async () => found(called)) }]);
    const env = { ...environment, AWS_ENDPOINT_URL_LAMBDA: functions, AWS_ENDPOINT_URL_CODEBUILD: builds };
    const { status, stdout } = await sauvegarde(project(), ['--stack', name, 'smoke'], { env });
    expect(status, stdout).toBe(0);
    expect([...stdout.matchAll(/^ok +([\w ]+): programs +those of (\S+)$/gm)].map(([, who, where]) => `${who}: ${where}`)).toEqual([
      'dump: dump',
      'dump: dump-second',
      'restore: restore',
      'prove: prove',
      'dump on CodeBuild: build',
      'dump on CodeBuild: build-second',
      'restore on CodeBuild: restoreBuild',
      'prove on CodeBuild: proofBuild',
    ]);
  });

  it('needs the name of a stack', async () => {
    expect(await sauvegarde(project(), ['smoke'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/smoke checks a stack on AWS; name it with --stack/),
    });
  });
});
