import { Stack } from 'aws-cdk-lib';
import type { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Prover, provers } from '../../core/engines/cards.ts';
import { noPlace, outcomeVariable } from '../../core/names.ts';
import { awsLimits } from '../../core/policy/aws-limits.ts';
import type { DumpPlace, InVpc } from '../dump-places.ts';
import type { Programs } from '../programs.ts';
import { BackupFunction, type BackupFunctionProps } from './backup-function.ts';
import { withClients, withServers } from './build-commands.ts';
import type { Catalogue } from './catalogue.ts';
import { describeOf, invoke, readers, restoreTests, startOf } from './function-grants.ts';
import type { Grant } from './grant.ts';
import { LargerCompute } from './larger-compute.ts';
import { mounting } from './mount.ts';
import type { Vault } from './vault.ts';
import { type Placed, Workflow } from './workflow.ts';

export const functionNames = [
  'start',
  'open',
  'dump',
  'prove',
  'publish',
  'rotate',
  'settle',
  'sign',
  'administer',
  'watch',
  'sweep',
  'record',
  'restore',
  'validate',
  'console',
] as const;
export type FunctionName = (typeof functionNames)[number];

const { functionScratchGib, functionSeconds } = awsLimits;
/** Memory of one whole processor, in MiB (Lambda developer guide, "Configure memory"); a proof's server needs more. */
const oneProcessor = 1769;

/** Returns ids for what works in a place: a second place changes nothing of the first. */
const idIn = (place: string, index: number) => (id: string) => (index === 0 ? id : `${id}-${place === noPlace ? 'internet-' : place}`);

/** Tells what works in one of several places which one that is. */
function hereOf(name: string, places: readonly unknown[]): Grant {
  return { environment: places.length > 1 ? { SAUVEGARDE_PLACE: name } : {}, statements: [] };
}

/** Declared targets that are reached from one place. */
export interface TargetPlace {
  /** Name by which the workflow finds it. */
  readonly name: string;
  /** Right to read their secrets, and to connect as their users of RDS. */
  readonly access: Grant;
  /** Databases of their engines. */
  readonly databases: readonly string[];
  /** @default they are reached over the internet */
  readonly place?: InVpc | undefined;
}

export interface FunctionsProps {
  readonly vault: Vault;
  readonly catalogue: Catalogue;
  readonly mail: Grant;
  /** Right to read the addresses of webhooks and heartbeats. */
  readonly telling: Grant;
  /** Right to see whether alarms and mails reach people. */
  readonly confirming: Grant;
  /** Places of dumps, each with the right to its databases. */
  readonly places: readonly (DumpPlace & { readonly access: Grant })[];
  /** Right to read the secret key of encrypted backups, and the key itself for proofs. */
  readonly identity: { readonly access: Grant; readonly given: Grant };
  /** Places of declared targets. */
  readonly targets: readonly TargetPlace[];
  /** True if restore tests of AWS Backup are validated. */
  readonly validates: boolean;
  /** Place of proofs. */
  readonly proofPlace: InVpc;
  readonly deadLetters: Queue;
  /** Number of dumps, and of proofs by one function, that may run at once. @default as many as the account lets */
  readonly atOnce?: number | undefined;
  readonly programs: Programs<LayerVersion>;
  /** Folder of each function. */
  readonly code: Readonly<Record<FunctionName, string>>;
  /** Folders of the builds. */
  readonly builds: Readonly<Record<'dump' | 'prove', Asset>>;
}

/**
 * All functions, the larger compute, and their rights. Nothing may delete a version. Only `rotate` and `sweep` may
 * retire. Only `dump`, as a function or a build, knows a database and enters its place; `restore`, likewise, a target.
 * `prove` reads the vault, and enters a place from which nothing else can be reached.
 */
export class Functions extends Construct {
  readonly start: BackupFunction;
  /** Those that dump, by place. */
  readonly dumpers: ReadonlyMap<string, Placed>;
  /** Those that restore, by place. Empty if no target is declared. */
  readonly restorers: ReadonlyMap<string, Placed>;
  readonly proofBuild: LargerCompute;
  /** Alike except for their programs; those that a dump of the configured databases can need. */
  readonly provers: ReadonlyMap<Prover, BackupFunction>;
  readonly rotate: BackupFunction;
  readonly settle: BackupFunction;
  readonly sign: BackupFunction;
  readonly administer: BackupFunction;
  readonly watch: BackupFunction;
  readonly sweep: BackupFunction;
  /** Begins and ends orders on backups that have workflows of their own. */
  readonly record: BackupFunction;
  /** Missing if AWS Backup backs none of the databases up. */
  readonly validate?: BackupFunction;
  readonly workflow: Workflow;
  readonly verifyWorkflow: Workflow;
  /** Missing if no target is declared. */
  readonly restoreWorkflow?: Workflow;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { atOnce, catalogue, confirming, deadLetters, identity, mail, places, programs, proofPlace, targets, telling, vault } = props;
    const make = (name: FunctionName, rest: Omit<BackupFunctionProps, 'code'>, id: string = name) =>
      new BackupFunction(this, id, { code: props.code[name], ...rest });

    const open = make('open', { timeout: 60, grants: [vault.toList(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem'), telling] });
    this.dumpers = new Map(
      places.map(({ access, mount, name, place }, index) => {
        const of = idIn(name, index);
        const common = { grants: [vault.toDump(), catalogue.toNoteRuns(), access, hereOf(name, places)], ...(place && { place }) };
        const dump = make(
          'dump',
          {
            ...common,
            timeout: functionSeconds,
            memory: oneProcessor,
            atOnce,
            layers: programs.dump,
            // the copy of a file is as large as the file
            ...(mount && { mount, scratch: functionScratchGib }),
            grants: [...common.grants, ...(mount ? [mounting(Stack.of(this), mount)] : [])],
          },
          of('dump'),
        );
        const build = new LargerCompute(this, of('build'), {
          ...common,
          description: 'Dumps what a function has no time for; started by the backup workflow',
          code: props.builds.dump,
          commands: withClients(),
          exports: [outcomeVariable],
        });
        return [name, { function: dump, build }];
      }),
    );
    this.restorers = new Map(
      targets.map(({ access, databases, name, place }, index) => {
        const of = idIn(name, index);
        const common = { grants: [vault.toRestore(databases), access, identity.access, hereOf(name, targets)], ...(place && { place }) };
        const grants = [...common.grants, vault.toDumpReplaced(databases)];
        const restore = make('restore', { ...common, grants, timeout: functionSeconds, memory: oneProcessor, layers: programs.dump }, of('restore'));
        const build = new LargerCompute(this, of('restoreBuild'), {
          ...common,
          description: 'Restores what a function has no time for, and parts of backups; started by the restore workflow',
          code: props.builds.prove,
          commands: withServers('restore.mjs'),
          exports: [outcomeVariable],
          size: 'medium', // a part of a backup comes out of a server of its own
          logs: false, // a place without dumps has no endpoint for them; the outcome says why a restore failed
        });
        return [name, { function: restore, build }];
      }),
    );
    const toProve = {
      atOnce,
      timeout: functionSeconds,
      memory: 3008,
      scratch: functionScratchGib,
      place: proofPlace,
      grants: [vault.toRead(), identity.given],
    };
    this.provers = new Map(
      provers.flatMap((prover) => {
        const layers = programs.provers[prover];
        return layers ? [[prover, make('prove', { ...toProve, layers }, prover)]] : [];
      }),
    );
    this.proofBuild = new LargerCompute(this, 'proofBuild', {
      description: 'Proves what a function has no time or disk for; started by the backup workflow',
      code: props.builds.prove,
      commands: withServers(),
      exports: [outcomeVariable],
      place: proofPlace,
      grants: [vault.toRead(), identity.given],
      size: 'medium',
      logs: false, // a way to them would be a way out; the outcome says why a proof failed
    });
    const publish = make('publish', {
      timeout: 60,
      grants: [vault.toPublish(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'), mail, telling],
    });
    this.rotate = make('rotate', {
      timeout: 300,
      grants: [vault.toRetire(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'), mail, telling],
    });
    this.settle = make('settle', {
      timeout: 60,
      grants: [vault.toRead(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'), mail, telling],
      deadLetters,
    });
    const steps = {
      open,
      publish,
      rotate: this.rotate,
      settle: this.settle,
    };
    const proving = { provers: this.provers, proofBuild: this.proofBuild };
    this.workflow = new Workflow(this, 'Workflow', {
      ...proving,
      file: 'backup',
      functions: steps,
      placed: { by: this.dumpers, names: ['dump', 'build'] },
    });
    this.record = make('record', {
      timeout: 300,
      grants: [vault.toProveAgain(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'), mail, telling, identity.access],
      deadLetters,
    });
    this.verifyWorkflow = new Workflow(this, 'VerifyWorkflow', { ...proving, file: 'verify', functions: { record: this.record } });
    if (targets.length > 0)
      this.restoreWorkflow = new Workflow(this, 'RestoreWorkflow', {
        file: 'restore',
        functions: { record: this.record, publish, rotate: this.rotate },
        provers: this.provers,
        placed: { by: this.restorers, names: ['restore', 'restoreBuild'] },
      });
    this.start = make('start', {
      timeout: 30,
      grants: [
        startOf(this.workflow),
        startOf(this.verifyWorkflow, 'SAUVEGARDE_VERIFY_WORKFLOW'),
        this.restoreWorkflow
          ? startOf(this.restoreWorkflow, 'SAUVEGARDE_RESTORE_WORKFLOW')
          : { environment: { SAUVEGARDE_RESTORE_WORKFLOW: '' }, statements: [] },
      ],
      deadLetters,
    });
    this.sign = make('sign', { timeout: 30, grants: [vault.toRead(), catalogue.toUseAudited('GetItem', 'Query')] });
    this.administer = make('administer', {
      timeout: 300,
      grants: [vault.toBringBack(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem'), invoke(this.rotate), identity.access],
    });
    this.watch = make('watch', {
      timeout: 300,
      grants: [
        vault.toNoteHeads(),
        catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'),
        mail,
        telling,
        identity.access,
        confirming,
        startOf(this.workflow),
        describeOf(this.workflow),
        ...(this.restoreWorkflow ? [describeOf(this.restoreWorkflow)] : []), // it backs up what a restore replaces
      ],
      deadLetters,
    });
    this.sweep = make('sweep', {
      timeout: functionSeconds,
      grants: [vault.toSweep(), catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'), mail, telling],
      deadLetters,
    });
    if (props.validates)
      this.validate = make('validate', {
        timeout: functionSeconds,
        grants: [
          vault.toRead(),
          catalogue.toUseAudited('GetItem', 'Query', 'PutItem', 'DeleteItem', 'ConditionCheckItem'),
          mail,
          telling,
          identity.access,
          restoreTests(Stack.of(this)),
          readers(this.dumpers),
        ],
        deadLetters,
      });
  }
}
