import { expect, it } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { describeAws } from '../support/aws.ts';
import { type DeployedPostgres, deployWithPostgres, seed, serve } from '../support/deployed-postgres.ts';
import type { DatabaseWith } from '../support/deployment.ts';
import { always, type Fault, type FaultProxy } from '../support/fault-proxy.ts';
import { preparedDatabase } from '../support/postgres-servers.ts';
import { coldStart } from '../support/programs.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

const slowDown = { error: 503, code: 'SlowDown' };
const broken = { error: 500, code: 'InternalError' };
const denied = { error: 403, code: 'AccessDenied' };
const throttled = { error: 400, code: 'ProvisionedThroughputExceededException' };
/** As S3 tells what KMS told it. */
const keyDenied = {
  error: 403,
  code: 'AccessDenied',
  message: 'User: arn:aws:sts::1:assumed-role/dump is not authorized to perform: kms:Decrypt on the resource',
};
const catalogueOperations = ['GetItem', 'Query', 'PutItem', 'TransactWriteItems'];

const meets = (operation: string, fault: Fault, when?: Parameters<FaultProxy['fail']>[2]) => (deployed: DeployedPostgres) =>
  deployed.faults.fail(operation, fault, when);
const withSecret = (text: (deployed: DeployedPostgres) => string) => (deployed: DeployedPostgres) => deployed.setSecret(text(deployed));
const noJson = withSecret(() => 'hidden-secret');

interface Case {
  what: string;
  fault(deployed: DeployedPostgres): unknown;
  /** The database's dump is more than S3 takes in one part. */
  isLarge?: true;
  main?: Partial<ConfigInput['databases'][string]>;
  /** The name of the error by which the run fails, and what the mail says; without it there is a backup. */
  error?: string;
  says?: RegExp;
  /** Repetitions by the workflow, each after a minute. */
  repeated?: number;
  /** Dumps that stay in the vault without a manifest. */
  left?: number;
}

const passing: Case[] = [
  {
    what: 'S3 that asks for fewer requests, and DynamoDB and Secrets Manager that throttle',
    fault: ({ faults }) => {
      faults.fail('PutObject', slowDown, { times: 3 });
      for (const operation of catalogueOperations) faults.fail(operation, throttled, { times: 3 });
      faults.fail('GetSecretValue', { error: 400, code: 'ThrottlingException' }, { times: 3 });
    },
  },
  { what: 'S3 that is broken for longer than a function tries', fault: meets('PutObject', broken, { times: 6 }), repeated: 1 },
  {
    what: 'a connection that is reset in the middle of a part, and an end of the upload that is answered with 200 and an error',
    isLarge: true,
    fault: ({ faults }) => {
      faults.fail('UploadPart', { does: 'reset half-way' }, { from: 2 });
      faults.fail('CompleteMultipartUpload', { does: 'answer 200 with an error' });
    },
  },
];

const lasting: Case[] = [
  {
    what: 'a key of KMS that may not be used any more',
    isLarge: true,
    fault: meets('UploadPart', keyDenied, { from: 2, times: always }),
    error: 'StorageRefusedError',
    says: /not authorized to perform: kms:Decrypt/,
    repeated: 3,
  },
  {
    what: 'S3 that tells another checksum than that of the dump',
    fault: meets('HeadObject', { does: 'tell another checksum' }, { times: always }),
    error: 'StorageRefusedError',
    says: /tells \d+ bytes and the CRC-32 AAAAAA==/,
    repeated: 3,
    left: 4,
  },
  {
    what: 'S3 that refuses the manifest',
    fault: meets('PutObject', denied, { of: /manifest/, times: always }),
    error: 'StorageRefusedError',
    says: /could not store main\/\S+\.manifest\.json/,
    repeated: 3,
    left: 1,
  },
  {
    what: 'Secrets Manager that does not come back',
    fault: meets('GetSecretValue', { error: 500, code: 'InternalServiceError' }, { times: always }),
    error: 'SecretUnavailableError',
    says: /InternalServiceError/,
    repeated: 3,
  },
  {
    what: 'a secret that is no JSON, which SES that throttles should tell of',
    fault: (deployed) => {
      deployed.faults.fail('SendRawEmail', { error: 400, code: 'Throttling' }, { times: 3 });
      return noJson(deployed);
    },
    error: 'ConfigurationError',
    says: /neither the JSON object that RDS writes nor a URL/,
  },
];

/** Two parts, unless it is compressed. */
const large = preparedDatabase(`${seed} CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)`);

async function deployedFor({ isLarge, main }: Pick<Case, 'isLarge' | 'main'>): Promise<DeployedPostgres> {
  const usual = { engine: 'postgres', proof: 'off', compression: isLarge ? 'none' : 'zstd' } as const;
  const configured: DatabaseWith = (secret) => ({ ...usual, connection: { secret, sslmode: 'disable' }, ...main }) as ConfigInput['databases'][string];
  return deployWithPostgres(configured, undefined, isLarge && large);
}

/** What must hold however a run ended. */
async function expectNothingLeftBehind(deployed: DeployedPostgres): Promise<void> {
  const { audit, incidents, runs } = deployed.catalogue;
  expect((await runs.list({ status: 'running' })).items).toEqual([]);
  expect(await deployed.unfinished()).toEqual([]);
  const records = JSON.stringify([(await runs.list({})).items, (await incidents.list({ ended: true })).items, (await audit.list()).items]);
  expect([...deployed.said, ...(await deployed.mails()), records].join('\n')).not.toMatch(/hidden-/);
}

const dumps = /\.sql(\.zst)?$/;

/** Counts objects below `main/` by the end of their keys. */
async function endings(deployed: DeployedPostgres, ending: RegExp): Promise<number> {
  return (await deployed.vault.list('main/')).filter(({ key }) => ending.test(key)).length;
}

describeAws('a backup on AWS', { timeout: coldStart }, () => {
  it.each(passing)('is made, and nobody is alarmed, in spite of $what', async ({ fault, repeated = 0, ...made }) => {
    const deployed = await deployedFor(made);
    await fault(deployed);
    expect(await serve(deployed, slot)).toMatchObject({ status: 'SUCCEEDED' });
    expect(deployed.faults.outstanding()).toEqual([]);
    expect(deployed.clock.slept).toEqual(Array(repeated).fill(60));
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded' });
    expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published' }]);
    expect([await endings(deployed, /\.manifest\.json$/), await endings(deployed, dumps)]).toEqual([1, 1]);
    expect(await deployed.mails()).toEqual([]);
    await expectNothingLeftBehind(deployed);
  });

  it.each(lasting)('is none, with one mail that says why, because of $what', async ({ fault, error, says, repeated = 0, left = 0, ...made }) => {
    const deployed = await deployedFor(made);
    await fault(deployed);
    expect(await serve(deployed, slot)).toMatchObject({ status: 'FAILED', error });
    expect(deployed.clock.slept).toEqual(Array(repeated).fill(60));
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: error } });
    expect((await deployed.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-failed', count: 1, alert: { state: 'sent' } }]);
    expect((await deployed.catalogue.backups.list()).items).toEqual([]);
    expect([await endings(deployed, /\.manifest\.json$/), await endings(deployed, dumps)]).toEqual([0, left]);
    const mails = await deployed.mails();
    expect(mails).toHaveLength(1);
    expect(mails[0]?.replaceAll(/\s+/g, ' ')).toMatch(says as RegExp);
    await expectNothingLeftBehind(deployed);
  });

  it('is published as unproven, with one mail that says why, when the proof may not read the dump', async () => {
    const deployed = await deployedFor({ main: { proof: 'every' } });
    deployed.faults.fail('GetObject', denied, { of: dumps, times: always });
    expect(await serve(deployed, slot)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published', proof: { verdict: 'none' } }]);
    expect((await deployed.catalogue.incidents.list()).items).toMatchObject([{ kind: 'proof-failed', count: 1, alert: { state: 'sent' } }]);
    const mails = await deployed.mails();
    expect(mails).toHaveLength(1);
    expect(mails[0]?.replaceAll(/\s+/g, ' ')).toMatch(/could not read main\//);
    await expectNothingLeftBehind(deployed);
  });

  it('that fails while SES refuses its mail is settled all the same; settle fails after so many tries, so that its alarm sounds, and a dead letter is told of later', async () => {
    const deployed = await deployedFor({});
    await noJson(deployed);
    deployed.faults.fail('SendRawEmail', { error: 400, code: 'MessageRejected' }, { times: always });
    expect(await serve(deployed, slot)).toMatchObject({ status: 'FAILED', error: 'ConfigurationError' });
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed' });
    expect((await deployed.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-failed', count: 1, alert: { state: 'due' } }]);
    expect(deployed.faults.operations().filter((operation) => operation === 'SendRawEmail')).toHaveLength(4 + 3); // by the workflow, then by the rule
    expect(deployed.said.join('\n').match(/"RunFailed":1/g)).toHaveLength(1);
    expect(deployed.said.join('\n')).toMatch(/"level":"ERROR".*could not be sent: SES did not take the mail from .*MessageRejected/);
    deployed.faults.heal();
    for (const event of deployed.undelivered) await deployed.invoke('settle', event);
    expect(await deployed.mails()).toHaveLength(1);
    expect((await deployed.catalogue.incidents.list()).items).toMatchObject([{ count: 1, alert: { state: 'sent' } }]);
    await expectNothingLeftBehind(deployed);
  });

  it('that fails while DynamoDB is out of reach is a dead letter, which settles it with one mail when it is taken up', async () => {
    const deployed = await deployedFor({});
    for (const operation of catalogueOperations) deployed.faults.fail(operation, throttled, { times: always });
    expect(await serve(deployed, slot)).toMatchObject({ status: 'FAILED', error: 'CatalogueUnavailableError' });
    expect(deployed.clock.slept).toEqual(Array(6).fill(60)); // of open, and of settle
    expect(deployed.undelivered).toHaveLength(1);
    deployed.faults.heal();
    expect((await deployed.catalogue.runs.list({})).items).toEqual([]);
    await deployed.invoke('settle', deployed.undelivered[0]);
    expect(await deployed.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'CatalogueUnavailableError' } });
    expect(await deployed.mails()).toHaveLength(1);
    await expectNothingLeftBehind(deployed);
  });

  it('is made once by two executions of its slot at the same time', async () => {
    const deployed = await deployedFor({});
    await deployed.invoke('start', { database: 'main', scheduled: slot });
    const [execution = { name: '', input: {} }] = deployed.started;
    const ends = await Promise.all([execution, { ...execution, name: `${id}-by-hand` }].map((each) => deployed.execute(each)));
    expect(ends.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(ends.filter(({ output }) => (output as { served?: boolean }).served)).toHaveLength(1);
    expect((await deployed.catalogue.backups.list()).items).toMatchObject([{ id }]);
    expect(await endings(deployed, dumps)).toBe(1);
    expect(await deployed.mails()).toEqual([]);
    await expectNothingLeftBehind(deployed);
  });
});
