import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { endpointsOf, type Place } from '../core/config/deployment.ts';
import { outputOf } from '../core/names.ts';
import type { FolderName } from '../core/programs/folders.ts';
import { Alarms } from './constructs/alarms.ts';
import type { Enterable } from './constructs/backup-function.ts';
import { Catalogue } from './constructs/catalogue.ts';
import { Console } from './constructs/console.ts';
import { deadLetters } from './constructs/dead-letters.ts';
import { everywhere } from './constructs/everywhere.ts';
import { type FunctionName, Functions } from './constructs/functions.ts';
import { mailFrom } from './constructs/mail.ts';
import { Overview } from './constructs/overview.ts';
import { ownKey } from './constructs/own-key.ts';
import { PlaceEndpoints } from './constructs/place-endpoints.ts';
import { ProofNetwork } from './constructs/proof-network.ts';
import { Rules } from './constructs/rules.ts';
import { Schedules } from './constructs/schedules.ts';
import { databaseAccess, identityAccess, identityGiven, tellingAccess } from './constructs/secrets.ts';
import { Vault } from './constructs/vault.ts';
import { vaultEndpoint } from './constructs/vault-endpoint.ts';
import { longestPause } from './longest-pause.ts';
import { programsFor } from './programs.ts';
import { checkForAws, usesSecrets } from './requirements.ts';

export interface SauvegardeStackProps extends StackProps {
  readonly config: Config;
  /** Folder of each function, with `handler.mjs` and `config.json`. */
  readonly code: Readonly<Record<FunctionName, string>>;
  /** Folders for CodeBuild: `main.mjs`, `config.json` and programs. */
  readonly builds: Readonly<Record<'dump' | 'prove', string>>;
  /** Folders that Lambda unpacks into `/opt`: each holds a folder of programs, by its name. */
  readonly layers: Readonly<Partial<Record<FolderName, string>>>;
}

/** Sauvegarde on AWS. Throws ConfigurationError with all mistakes if AWS cannot run the configuration. */
export class SauvegardeStack extends Stack {
  constructor(scope: Construct, id: string, { builds, code, config, layers, ...props }: SauvegardeStackProps) {
    checkForAws(config);
    super(scope, id, { description: 'Sauvegarde: scheduled database backups that are proven by restoring them', ...props });
    const layer = (name: FolderName) =>
      (this.node.tryFindChild(name) as LayerVersion | undefined) ??
      new LayerVersion(this, name, { code: Code.fromAsset(layers[name] as string), compatibleArchitectures: [Architecture.ARM_64] });
    const programs = programsFor(config);
    const place = commonPlace(config);
    const databases = databaseAccess(this, config);
    const endpoints = place ? endpointsOf(place, usesSecrets(config)) : [];
    if (place && endpoints.length > 0) new PlaceEndpoints(this, 'Place', { place, endpoints });

    const vault = new Vault(this, 'Backups', config);
    const key = ownKey(this, config.aws.key);
    const queue = deadLetters(this, 'DeadLetters', key);
    const source = { dump: new Asset(this, 'DumpSource', { path: builds.dump }), prove: new Asset(this, 'ProofSource', { path: builds.prove }) };
    const alarms = new Alarms(this, 'Alarms', { to: config.aws.alarmsTo ?? config.administrators, key });
    const { administer, build, dump, provers, settle, sign, start, sweep, watch, workflow } = new Functions(this, 'Functions', {
      vault,
      catalogue: new Catalogue(this, 'Catalogue', { key: config.aws.key }),
      mail: mailFrom(this, 'Sender', config),
      telling: tellingAccess(this, config),
      confirming: alarms.toConfirm(),
      databases,
      identity: { access: identityAccess(this, config), given: identityGiven(config) },
      place,
      proofPlace: this.#proofPlace(config, vault, source.prove),
      deadLetters: queue,
      atOnce: config.aws.atOnce,
      programs: {
        dump: programs.dump.map(layer),
        provers: Object.fromEntries(Object.entries(programs.provers).map(([prover, names]) => [prover, names.map(layer)])),
      },
      code,
      builds: source,
    });
    const rules = new Rules(this, 'Rules', { start, settle, workflow, deadLetters: queue });
    // EventBridge takes a moment to follow a new rule; the schedules come after it, so that it works once the stack is
    // complete
    new Schedules(this, 'Schedules', { config, start, watch, sweep, deadLetters: queue }).node.addDependency(rules);
    alarms.lookAt({
      workflow,
      settle,
      watch,
      deadLetters: queue,
      databases: Object.keys(config.databases),
      longestPause: longestPause(config),
    });
    new Overview(this, 'Overview', { alarms: alarms.all, databases: Object.keys(config.databases) });

    everywhere(this, config.aws);
    const { console: pages } = config.aws;
    if (pages !== false)
      new Console(this, 'Pages', { code: code.console, administrators: config.administrators, auth: pages.auth, vault, start, sign, administer });

    // what the command line reads with --stack
    const outputs = {
      StartFunction: start.function.functionName,
      AdministerFunction: administer.function.functionName,
      SignFunction: sign.function.functionName,
      DumpFunction: dump.function.functionName,
      SweepFunction: sweep.function.functionName,
      WatchFunction: watch.function.functionName,
      ...Object.fromEntries([...provers].map(([prover, { function: each }]) => [outputOf(prover), each.functionName])),
      Workflow: workflow.stateMachine.stateMachineArn,
      Bucket: vault.bucket.bucketName,
      // for the policy of a key that encrypts a secret
      DumpRole: dump.role.roleArn,
      BuildRole: build.role.roleArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  /** Returns the named place of proofs, or makes a network of the stack's own. */
  #proofPlace({ aws: { proofPlace: name }, ...config }: Config, vault: Vault, code: Asset): Enterable & Pick<Place, 'vpc'> {
    const named = name === undefined ? undefined : config.places[name];
    if (!named) return new ProofNetwork(this, 'ProofNetwork', { vault, code }).place;
    // if databases are reached from there, it has the endpoints of dumps
    if (named.routeTables && named !== commonPlace(config)) vaultEndpoint(this, { vpc: named.vpc, routeTables: named.routeTables, vault, code });
    return named;
  }
}

/** Returns the one place that the databases share, if they have one. */
function commonPlace({ databases, places }: Pick<Config, 'databases' | 'places'>) {
  const name = Object.values(databases)[0]?.place;
  return name === undefined ? undefined : places[name];
}
