import { describe, expect, it, vi } from 'vitest';
import { describeAws } from '../../support/aws.ts';
import { type DeployedPostgres, deployWithPostgres, seed, seeded, serve } from '../../support/deployed-postgres.ts';
import type { DatabaseWith } from '../../support/deployment.ts';
import { measuresIn } from '../../support/embedded-metrics.ts';
import { preparedDatabase } from '../../support/postgres-servers.ts';
import { coldStart } from '../../support/programs.ts';
import type { RecordedCall } from '../../support/recorded-calls.ts';
import { resettingOnce, stallingAfter } from '../../support/stalling-proxy.ts';
import { id, keptCalls, slot } from './deployed-calls.ts';

const uncompressed: DatabaseWith = (secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, compression: 'none', proof: 'off' });
/** Bytes after which parts of an uncompressed dump have been stored. */
const partsBegun = 20_000_000;
/** Enough for an upload in parts, unless it is compressed. */
const large = preparedDatabase(`${seed} CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 24000)`);

function ofUploads(deployed: DeployedPostgres, name: string, action: string): RecordedCall[] {
  return deployed.calls().filter((call) => call.function === name && call.action === action && call.resource.endsWith('.sql'));
}

function uploadBegun(deployed: DeployedPostgres, name: string): Promise<unknown> {
  return vi.waitUntil(() => ofUploads(deployed, name, 's3:PutObject').length > 0, { timeout: coldStart });
}

const { keep, compare } = keptCalls('larger-compute');

/** Runs that no function has the time for, and uploads that break off. */
describeAws('the backup workflow on AWS', { timeout: coldStart }, () => {
  it(
    'a dump whose proof takes too long for its function is proven by a build, which reads the vault and nothing else',
    async () => {
      const deployed = await deployWithPostgres();
      const called: string[] = [];
      const end = await serve(deployed, slot, { before: (name) => called.push(name), remaining: { prove: 100 } });
      expect(end).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
      expect(called).toEqual(['open', 'dump', 'prove', 'proofBuild', 'prove', 'publish', 'rotate']);
      expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id, ...seeded, proof: { verdict: 'proven' } }]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', provenOnBuild: true });
      expect(measuresIn(deployed.said)).toMatchObject({ ProofSeconds: 'main' });
      expect(await deployed.mails()).toEqual([]);
      expect(deployed.said.join('\n')).not.toContain(deployed.password);
      keep(deployed);
    },
    coldStart,
  );

  describe('a database that its function has no time for', () => {
    const stalled = async (deployed: DeployedPostgres) => deployed.setSecret(deployed.secretText({ port: await stallingAfter(0, deployed.server.port) }));
    const dumping = { remaining: { dump: 1000 } };
    /** The second time that `dump` is called it reads what the build noted. */
    const names = (deployed: DeployedPostgres, beforeBuild: () => unknown = () => deployed.setSecret(deployed.secretText())) => {
      const called: string[] = [];
      const before = async (name: string) => {
        called.push(name);
        if (name === 'build') await beforeBuild();
      };
      return { called, before };
    };

    it('is dumped by a build, proven and published in the same run', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed);
      const progress: Record<string, unknown> = {};
      const looking = async (name: string) => {
        progress[name] = (await deployed.catalogue.runs.get(id))?.progress?.step;
        await before(name);
      };
      const end = await serve(deployed, slot, { before: looking, ...dumping });
      expect(end).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
      expect(progress).toMatchObject({ build: undefined, prove: 'dumped', rotate: undefined });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'prove', 'publish', 'rotate']);
      const [backup] = (await deployed.catalogue.backups.list()).items;
      expect(backup).toMatchObject({ id, status: 'published', ...seeded, proof: { verdict: 'proven' } });
      expect(backup?.objects.dump).toEqual(expect.stringMatching(/Z\.2\.sql\.zst$/)); // the first attempt was the function's
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 2, dumped: { dump: { engine: 'postgres' } } });
      expect(measuresIn(deployed.said)).toMatchObject({ DumpSeconds: 'main', DumpSize: 'main' });
      expect(await deployed.unfinished()).toEqual([]);
      expect(await deployed.mails()).toEqual([]);
      expect(deployed.said.join('\n')).not.toContain(deployed.password);
      keep(deployed);
    });

    it('and whose password is wrong in the build fails under that name, after one build and with one mail', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed, () => deployed.setSecret(deployed.secretText({ password: 'hidden-and-wrong' })));
      const end = await serve(deployed, slot, { before, ...dumping });
      expect(end).toMatchObject({ status: 'FAILED', error: 'AccessDeniedError', cause: expect.stringContaining('password authentication failed') });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(deployed.clock.slept).toEqual([]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'AccessDeniedError' } });
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.vault.list('')).toEqual([]);
      expect([...(await deployed.mails()), ...deployed.said].join('\n')).not.toMatch(/hidden-/);
      keep(deployed);
    });

    it('and whose builds are killed is settled with one mail, and nothing is left in the vault', async () => {
      const deployed = await deployWithPostgres();
      await stalled(deployed);
      const { called, before } = names(deployed, () => undefined);
      const end = await serve(deployed, slot, { before, ...dumping, build: { signal: 'SIGKILL' } });
      expect(end).toMatchObject({
        status: 'FAILED',
        error: 'InterruptedError',
        cause: expect.stringMatching(/without a result.*States\.TaskFailed/),
      });
      expect(called).toEqual(['open', 'dump', 'build', 'build', 'build', 'build', 'dump', 'settle']);
      expect(deployed.clock.slept).toEqual([60, 60, 60]);
      expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts: 5, error: { name: 'InterruptedError' } });
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.vault.list('')).toEqual([]);
    });

    it('and whose build is stopped in the middle of an upload ends with that, with no second build and no upload left', async () => {
      const deployed = await deployWithPostgres(uncompressed, undefined, large);
      await stalled(deployed);
      const { called, before } = names(deployed, async () =>
        deployed.setSecret(deployed.secretText({ port: await stallingAfter(partsBegun, deployed.server.port) })),
      );
      const end = await serve(deployed, slot, { before, ...dumping, build: { signal: 'SIGTERM', when: () => uploadBegun(deployed, 'build') } });
      expect(end).toMatchObject({ status: 'FAILED', error: 'InterruptedError', cause: expect.stringMatching(/the build was stopped/) });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(ofUploads(deployed, 'build', 's3:AbortMultipartUpload')).toHaveLength(1);
      expect(await deployed.unfinished()).toEqual([]);
      keep(deployed);
    });

    it('and too large for a build too ends with that, with one mail, no second build and no upload left', async () => {
      const deployed = await deployWithPostgres(uncompressed, undefined, large);
      const inTheMiddle = async () => deployed.setSecret(deployed.secretText({ port: await stallingAfter(partsBegun, deployed.server.port) }));
      await inTheMiddle();
      const { called, before } = names(deployed, inTheMiddle);
      const end = await serve(deployed, slot, { before, remaining: { dump: 5000 }, build: { environment: { SAUVEGARDE_MINUTES: '0.1' } } });
      expect(end).toMatchObject({ status: 'FAILED', error: 'OutOfTimeError', cause: expect.stringMatching(/the build's time was up 5 s after it began/) });
      expect(called).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
      expect(await deployed.mails()).toHaveLength(1);
      expect(await deployed.unfinished()).toEqual([]);
      expect(await deployed.vault.list('')).toEqual([]);
      keep(deployed);
    });
  });

  it('a database that is lost in the middle of an upload is dumped again, and no upload is left', async () => {
    const deployed = await deployWithPostgres(uncompressed, undefined, large);
    await deployed.setSecret(deployed.secretText({ port: await resettingOnce(partsBegun, deployed.server.port, () => uploadBegun(deployed, 'dump')) }));
    expect(await serve(deployed, slot)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(ofUploads(deployed, 'dump', 's3:AbortMultipartUpload')).toHaveLength(1);
    expect(await deployed.unfinished()).toEqual([]);
    keep(deployed);
  });

  compare();
});
