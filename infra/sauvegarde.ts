import { CfnOutput, Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { noPlace, outputOf } from '../core/names.ts';
import type { FolderName } from '../core/programs/folders.ts';
import { assetsNow } from './assets-now.ts';
import { configured } from './configured.ts';
import { Alarms } from './constructs/alarms.ts';
import { Catalogue } from './constructs/catalogue.ts';
import { Console } from './constructs/console.ts';
import { deadLetters } from './constructs/dead-letters.ts';
import { DeployedValues } from './constructs/deployed-values.ts';
import { everywhere } from './constructs/everywhere.ts';
import { Functions, type FunctionsProps } from './constructs/functions.ts';
import { labelOf, nameAmongOthers } from './constructs/logical-ids.ts';
import { mailFrom } from './constructs/mail.ts';
import { Overview } from './constructs/overview.ts';
import { PlaceEndpoints } from './constructs/place-endpoints.ts';
import { ProofNetwork } from './constructs/proof-network.ts';
import { Rules } from './constructs/rules.ts';
import { Schedules } from './constructs/schedules.ts';
import { databaseAccess, identityAccess, identityGiven, tellingAccess } from './constructs/secrets.ts';
import { Vault } from './constructs/vault.ts';
import { vaultEndpoint } from './constructs/vault-endpoint.ts';
import { type DumpPlace, dumpPlacesOf, type InVpc, PlacesOfObjects } from './dump-places.ts';
import { longestPause } from './longest-pause.ts';
import { programsFor } from './programs.ts';
import { checkForAws, endpointsByPlace } from './requirements.ts';
import type { SauvegardeProps } from './sauvegarde-props.ts';

/**
 * Scheduled backups of databases, each proven by restoring it. Makes a vault, a catalogue, functions, a workflow,
 * schedules, alarms and the administrators' pages. Several can be in one app, and in one stack.
 *
 * Throws ConfigurationError with all mistakes if AWS cannot run the configuration.
 *
 * @example
 * new Sauvegarde(stack, 'Backups', {
 *   administrators: ['admin@example.org'],
 *   sender: 'backups@example.org',
 *   databases: { main: { instance, secret: instance.secret, vpc, keep: 30 } },
 * });
 */
export class Sauvegarde extends Construct {
  constructor(scope: Construct, id: string, props: SauvegardeProps) {
    super(scope, id);
    nameAmongOthers(this);
    const stack = Stack.of(this);
    const values = new DeployedValues(this);
    const objects = new PlacesOfObjects(this, Object.keys(props.places ?? {}));
    const config = configured(props, values, this.node.path, (database, path) => objects.of(database, path));
    checkForAws(config);
    using made = props.assets ? undefined : assetsNow(config);
    const assets = props.assets ?? made?.assets;
    if (!assets) throw new Error('no folders to deploy were made');
    const { builds, code, layers } = assets;
    const layer = (name: FolderName) =>
      (this.node.tryFindChild(name) as LayerVersion | undefined) ??
      new LayerVersion(this, name, { code: Code.fromAsset(layers[name] as string), compatibleArchitectures: [Architecture.ARM_64] });
    const programs = programsFor(config);
    const places = dumpPlacesOf(config, objects).map((each) => ({ ...each, access: databaseAccess(stack, each, values) }));
    for (const [index, { endpoints, name }] of places.entries())
      if (endpoints && endpoints.services.length > 0)
        new PlaceEndpoints(this, index === 0 ? 'Place' : `Place-${name}`, { place: endpoints.place, endpoints: endpoints.services });

    const key = this.#key(props, config);
    const vault = new Vault(this, 'Backups', config, key);
    const queue = deadLetters(this, 'DeadLetters', key);
    const source = { dump: new Asset(this, 'DumpSource', { path: builds.dump }), prove: new Asset(this, 'ProofSource', { path: builds.prove }) };
    const alarms = new Alarms(this, 'Alarms', { to: config.aws.alarmsTo ?? config.administrators, key });
    const functions = new Functions(this, 'Functions', {
      vault,
      catalogue: new Catalogue(this, 'Catalogue', { key }),
      mail: mailFrom(this, 'Sender', config),
      telling: tellingAccess(stack, config, values),
      confirming: alarms.toConfirm(),
      places,
      targets: this.#targets(config, values, endpointsByPlace(config)),
      validates: Object.values(config.databases).some(({ backedUpBy }) => backedUpBy !== undefined),
      identity: { access: identityAccess(stack, config), given: identityGiven(config) },
      proofPlace: this.#proofPlace(config, vault, source.prove, places),
      deadLetters: queue,
      atOnce: config.aws.atOnce,
      programs: {
        dump: programs.dump.map(layer),
        provers: Object.fromEntries(Object.entries(programs.provers).map(([prover, names]) => [prover, names.map(layer)])),
      },
      code,
      builds: source,
    });
    const { administer, record, restoreWorkflow, settle, sign, start, sweep, validate, verifyWorkflow, watch, workflow } = functions;
    const orders = [verifyWorkflow, ...(restoreWorkflow ? [restoreWorkflow] : [])];
    const rules = new Rules(this, 'Rules', { start, settle, record, validate, workflow, orders, deadLetters: queue });
    // EventBridge takes a moment to follow a new rule; the schedules come after it, so that it works once the stack is
    // complete
    new Schedules(this, 'Schedules', { config, start, watch, sweep, deadLetters: queue }).node.addDependency(rules);
    const databases = Object.keys(config.databases);
    alarms.lookAt({ workflow, settle, watch, deadLetters: queue, databases, longestPause: longestPause(config) });
    new Overview(this, 'Overview', { alarms: alarms.all, databases });

    everywhere(this, config.aws, key);
    this.#tellTheCommandLine(functions, vault);
    const { console: pages } = config.aws;
    if (pages === false) return;
    const { administrators } = config;
    const { address } = new Console(this, 'Pages', { code: code.console, administrators, auth: pages.auth, vault, start, sign, administer });
    this.#output('Console', address);
  }

  #key({ encryptionKey }: SauvegardeProps, { aws: { key } }: Config): IKey | undefined {
    return encryptionKey ?? (key === undefined ? undefined : Key.fromKeyArn(this, 'Key', key));
  }

  /** Returns what restores into the declared targets need, by their places in the order of their first targets. */
  #targets({ databases, places, targets }: Config, values: DeployedValues, endpoints: ReturnType<typeof endpointsByPlace>): FunctionsProps['targets'] {
    const isDumpedFrom = (name: string) => Object.values(databases).some(({ place }) => place === name);
    return [...Map.groupBy(Object.entries(targets), ([, { place }]) => place)].map(([name, entries], index) => {
      const own = Object.fromEntries(entries);
      const engines = new Set(entries.map(([, { engine }]) => engine));
      const made = endpoints.find((each) => each.name === name);
      if (made && made.endpoints.length > 0 && !isDumpedFrom(made.name))
        new PlaceEndpoints(this, index === 0 ? 'TargetPlace' : `TargetPlace-${made.name}`, { place: made.place, endpoints: made.endpoints });
      return {
        name: name ?? noPlace,
        access: databaseAccess(Stack.of(this), { databases: own }, values),
        databases: Object.entries(databases).flatMap(([database, { engine }]) => (engines.has(engine) ? [database] : [])),
        place: name === undefined ? undefined : places[name],
      };
    });
  }

  /** Returns the named place of proofs, or makes a network of the stack's own. */
  #proofPlace({ aws: { proofPlace: name }, ...config }: Config, vault: Vault, code: Asset, used: readonly DumpPlace[]): InVpc {
    const named = name === undefined ? undefined : config.places[name];
    if (!named) return new ProofNetwork(this, 'ProofNetwork', { vault, code }).place;
    // if databases are reached from there, it has the endpoints of dumps
    if (named.routeTables && !used.some(({ place }) => place === named)) vaultEndpoint(this, { vpc: named.vpc, routeTables: named.routeTables, vault, code });
    return named;
  }

  /** Writes the outputs that the command line reads with --stack. */
  #tellTheCommandLine({ administer, dumpers, proofBuild, provers, restorers, sign, start, sweep, watch, workflow }: Functions, vault: Vault): void {
    const outputs = {
      StartFunction: start.function.functionName,
      AdministerFunction: administer.function.functionName,
      SignFunction: sign.function.functionName,
      SweepFunction: sweep.function.functionName,
      WatchFunction: watch.function.functionName,
      ...Object.fromEntries([...provers].map(([prover, { function: each }]) => [outputOf(prover), each.functionName])),
      ProofBuild: proofBuild.project.ref,
      Workflow: workflow.stateMachine.stateMachineArn,
      Bucket: vault.bucket.bucketName,
    };
    for (const [name, value] of Object.entries(outputs)) this.#output(name, value);
    const numbered = (placed: Functions['dumpers']) => [...placed.values()].map((each, index) => ({ ...each, number: index === 0 ? '' : String(index + 1) }));
    for (const { build, function: dump, number } of numbered(dumpers)) {
      this.#output(`DumpFunction${number}`, dump.function.functionName);
      this.#output(`DumpBuild${number}`, build.project.ref);
      // for the policy of a key that encrypts a secret
      this.#output(`DumpRole${number}`, dump.role.roleArn);
      this.#output(`BuildRole${number}`, build.role.roleArn);
    }
    for (const { build, function: restore, number } of numbered(restorers)) {
      this.#output(`RestoreFunction${number}`, restore.function.functionName);
      this.#output(`RestoreBuild${number}`, build.project.ref);
      this.#output(`RestoreRole${number}`, restore.role.roleArn);
      this.#output(`RestoreBuildRole${number}`, build.role.roleArn);
    }
  }

  #output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(`${labelOf(this)}${name}`);
  }
}
