import { AwsChannels } from '../core/aws/channels.ts';
import { awsBackup, dynamodb, lambdaFunctions, rds, s3, ses, sesv2, sns, stepFunctions } from '../core/aws/clients.ts';
import { invoke } from '../core/aws/invoke.ts';
import { ReaderFunctions } from '../core/aws/reader-functions.ts';
import { AwsRestoreTests } from '../core/aws/restore-tests.ts';
import { revealFromAws } from '../core/aws/reveal.ts';
import { RotateFunction } from '../core/aws/rotate-function.ts';
import type { Stack, StackFunction } from '../core/aws/stack.ts';
import { StepFunctionsExecutions } from '../core/aws/step-functions.ts';
import { DynamodbCatalogue } from '../core/catalogue/dynamodb/catalogue.ts';
import { keysOf } from '../core/encryption/identity-source.ts';
import { engines, enginesOn } from '../core/engines/engines.ts';
import { serverEngines } from '../core/engines/server-engines.ts';
import { ConfigurationError, RefusedError } from '../core/errors.ts';
import { SesMailer } from '../core/mail/ses.ts';
import { Webhooks } from '../core/notify/webhooks.ts';
import { LayerTools } from '../core/programs/layer-tools.ts';
import { S3Links } from '../core/vault/s3/links.ts';
import { S3Replication } from '../core/vault/s3/replication.ts';
import { S3Vault } from '../core/vault/s3/vault.ts';
import type { Executions } from '../core/workflow/executions.ts';
import type { RestoreRequest, VerifyRequest } from '../core/workflow/order-requests.ts';
import { bundledConfig } from './config.ts';
import type { SettingName, Settings } from './settings.ts';

/*
 * Ports of a platform on AWS, each with the settings that it needs. A function names those that it uses, so its bundle
 * carries no other's client, and its role need not allow what others do.
 * Nothing is made before a function is invoked.
 */

/** A port, and the settings that it needs. */
export interface Port<Made> {
  settings: readonly SettingName[];
  make(settings: Settings): Made;
}

/** Vault of functions that look into no encrypted file. They encrypt what they store for the configured recipients. */
export const vault: Port<S3Vault> = {
  settings: ['SAUVEGARDE_BUCKET'],
  make: ({ SAUVEGARDE_BUCKET }) => vaultWith(SAUVEGARDE_BUCKET),
};

/** Vault of a proof, which reaches no store of secrets: the secret is resolved when the stack is deployed. */
export const provenVault: Port<S3Vault> = {
  settings: ['SAUVEGARDE_BUCKET', 'SAUVEGARDE_IDENTITY'],
  make: ({ SAUVEGARDE_BUCKET, SAUVEGARDE_IDENTITY }) => vaultWith(SAUVEGARDE_BUCKET, async () => SAUVEGARDE_IDENTITY),
};

/** Vault of functions that show and compare tables. */
export const openedVault: Port<S3Vault> = { settings: ['SAUVEGARDE_BUCKET'], make: ({ SAUVEGARDE_BUCKET }) => vaultWith(SAUVEGARDE_BUCKET, revealFromAws) };

/** Stands for a way to secrets that no function without an identity has. */
const never = () => Promise.reject(new TypeError('this function may not see secrets'));

/** Makes the vault with the configured recipients; with `read`, the configured identity opens what it holds. */
function vaultWith(bucket: string, read?: typeof revealFromAws): S3Vault {
  const { encryption } = bundledConfig();
  const { identity, ...recipients } = encryption ?? { recipients: [] };
  const keys = keysOf({ encryption: { ...recipients, ...(read && identity && { identity }) } }, read ?? never);
  return Object.assign(new S3Vault(s3(), bucket), { keys });
}

export const links: Port<S3Links> = {
  settings: ['SAUVEGARDE_BUCKET'],
  make: ({ SAUVEGARDE_BUCKET }) => new S3Links(s3(), SAUVEGARDE_BUCKET),
};

export const catalogue: Port<DynamodbCatalogue> = {
  settings: ['SAUVEGARDE_TABLE', 'SAUVEGARDE_AUDIT_TABLE'],
  make: ({ SAUVEGARDE_TABLE, SAUVEGARDE_AUDIT_TABLE }) => new DynamodbCatalogue(dynamodb(), { records: SAUVEGARDE_TABLE, audit: SAUVEGARDE_AUDIT_TABLE }),
};

/** The sender comes from the configuration. */
export const mailer: Port<SesMailer> = { settings: [], make: () => new SesMailer(ses()) };

/** Ways of telling people that AWS opens once they are confirmed; the configuration names the addresses. */
export const channels: Port<AwsChannels> = {
  settings: ['SAUVEGARDE_ALARMS'],
  make: ({ SAUVEGARDE_ALARMS: topic }) => {
    const { administrators: recipients, aws, sender } = bundledConfig();
    const { alarmsTo = recipients, senderVerified } = aws;
    return new AwsChannels({ sns: sns(), ses: ses(), sesv2: sesv2(), topic, alarmsTo, sender, senderVerified, recipients });
  },
};

/** Addresses are secrets; the configuration beside the function names them. */
export const notifier: Port<Webhooks> = { settings: [], make: () => new Webhooks(bundledConfig(), revealFromAws) };

export const tools: Port<LayerTools> = {
  settings: ['SAUVEGARDE_PROGRAMS'],
  make: ({ SAUVEGARDE_PROGRAMS: folder }) => new LayerTools(folder),
};

/** Engines of databases that a function can restore into: no file is one. */
export const targetEngines: Port<typeof serverEngines> = { settings: [], make: () => serverEngines };

/** Engines of a proof, which reaches no database but its own. */
export const provingEngines: Port<typeof engines> = { settings: [], make: () => engines };

/** Engines of a dump, which finds files on the file system that is mounted here. */
export const dumpingEngines: Port<typeof engines> = {
  settings: ['SAUVEGARDE_MOUNT', 'SAUVEGARDE_ACCESS_POINT'],
  make: ({ SAUVEGARDE_MOUNT: folder, SAUVEGARDE_ACCESS_POINT: name }) => enginesOn({ folder, name }),
};

export const reveal: Port<typeof revealFromAws> = { settings: [], make: () => revealFromAws };

export const executions: Port<StepFunctionsExecutions> = {
  settings: ['SAUVEGARDE_WORKFLOW'],
  make: ({ SAUVEGARDE_WORKFLOW }) => new StepFunctionsExecutions(stepFunctions(), SAUVEGARDE_WORKFLOW),
};

export const verifications: Port<StepFunctionsExecutions<VerifyRequest>> = {
  settings: ['SAUVEGARDE_VERIFY_WORKFLOW'],
  make: ({ SAUVEGARDE_VERIFY_WORKFLOW }) => new StepFunctionsExecutions(stepFunctions(), SAUVEGARDE_VERIFY_WORKFLOW),
};

/** The workflow of restores. Throws ConfigurationError when it is asked for one where no target is declared. */
export const restores: Port<Executions<RestoreRequest>> = {
  settings: ['SAUVEGARDE_RESTORE_WORKFLOW'],
  make: ({ SAUVEGARDE_RESTORE_WORKFLOW: workflow }) => {
    if (workflow !== '') return new StepFunctionsExecutions(stepFunctions(), workflow);
    const none = async () => {
      throw new ConfigurationError('no target is declared here; declare it under "targets" in the configuration, and deploy it');
    };
    return { start: none, endOf: none };
  },
};

/** Functions by which the console acts, as a stack that the command line has found. */
export const stack: Port<Pick<Stack, 'call' | 'bucket'>> = {
  settings: ['SAUVEGARDE_START', 'SAUVEGARDE_SIGN', 'SAUVEGARDE_ADMINISTER', 'SAUVEGARDE_BUCKET'],
  make: (settings) => {
    const names: Partial<Record<StackFunction, string>> = {
      StartFunction: settings.SAUVEGARDE_START,
      SignFunction: settings.SAUVEGARDE_SIGN,
      AdministerFunction: settings.SAUVEGARDE_ADMINISTER,
    };
    const call = async (name: StackFunction, event: unknown) => {
      const known = names[name];
      if (known === undefined) throw new RefusedError(`the console may not call ${name}`);
      return invoke(lambdaFunctions(), known, event);
    };
    return { call, bucket: settings.SAUVEGARDE_BUCKET };
  },
};

/** Settings of the console's entrance, as they are. */
const entranceSettings = [
  'SAUVEGARDE_ORIGIN',
  'SAUVEGARDE_DOWNLOADS',
  'SAUVEGARDE_SESSION_KEY',
  'SAUVEGARDE_STACK',
  'SAUVEGARDE_ISSUER',
  'SAUVEGARDE_CLIENT',
  'SAUVEGARDE_SIGN_OUT',
] as const;
export const entrance: Port<Pick<Settings, (typeof entranceSettings)[number]>> = { settings: entranceSettings, make: (settings) => settings };

/** Copies of the vault that S3 makes; undefined where the configuration names none. */
export const replication: Port<S3Replication | undefined> = {
  settings: ['SAUVEGARDE_BUCKET'],
  make: ({ SAUVEGARDE_BUCKET }) => {
    const { copy } = bundledConfig().aws;
    return copy && new S3Replication(s3(), SAUVEGARDE_BUCKET, `s3://${copy.bucket} (${copy.region})`);
  },
};

export const rotation: Port<RotateFunction> = {
  settings: ['SAUVEGARDE_ROTATE'],
  make: ({ SAUVEGARDE_ROTATE }) => new RotateFunction(lambdaFunctions(), SAUVEGARDE_ROTATE),
};

/** Restore tests of AWS Backup. */
export const restoreTests: Port<AwsRestoreTests> = { settings: [], make: () => new AwsRestoreTests(awsBackup(), rds()) };

/** Functions that read restored instances, each in its place. */
export const reader: Port<ReaderFunctions> = {
  settings: ['SAUVEGARDE_DUMPERS'],
  make: ({ SAUVEGARDE_DUMPERS: names }) => {
    const byPlace = names.split(' ').map((each) => each.split('=') as [string, string]);
    return new ReaderFunctions(lambdaFunctions(), new Map(byPlace), bundledConfig());
  },
};
