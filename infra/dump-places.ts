import { Stack } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import { type EndpointService, endpointsOf, type Place } from '../core/config/deployment.ts';
import { ConfigurationError } from '../core/errors.ts';
import { noPlace } from '../core/names.ts';
import type { Enterable } from './constructs/backup-function.ts';
import type { DatabaseObjects } from './database-objects.ts';
import { usesSecrets } from './requirements.ts';

/** A VPC with what enters it. */
export type InVpc = Enterable & Pick<Place, 'vpc'>;

/** Databases that are dumped from one place. */
export interface DumpPlace {
  /** Name by which the workflow finds it. */
  readonly name: string;
  readonly databases: Config['databases'];
  /** @default the databases are reached over the internet */
  readonly place?: InVpc | undefined;
  /** Endpoints that the stack makes there. */
  readonly endpoints: { readonly place: Place; readonly services: readonly EndpointService[] } | undefined;
}

/** Groups the databases by their places, in the order of their first databases. */
export function dumpPlacesOf({ databases, places }: Pick<Config, 'databases' | 'places'>, objects: PlacesOfObjects): DumpPlace[] {
  return [...Map.groupBy(Object.entries(databases), ([, { place }]) => place)].map(([name, entries]) => {
    const own = Object.fromEntries(entries);
    const declared = name === undefined ? undefined : places[name];
    const services = declared ? endpointsOf(declared, usesSecrets(own)) : [];
    return {
      name: name ?? noPlace,
      databases: own,
      place: declared ?? objects.get(name),
      endpoints: declared && services.length > 0 ? { place: declared, services } : undefined,
    };
  });
}

/** Places of a CDK app's databases: one for each VPC and choice of subnets. */
export class PlacesOfObjects {
  readonly #scope: Construct;
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();
  readonly #places = new Map<string, InVpc>();

  /** `taken`: names of other places. */
  constructor(scope: Construct, taken: readonly string[]) {
    this.#scope = scope;
    this.#taken = new Set(taken);
  }

  get(name: string | undefined): InVpc | undefined {
    return name === undefined ? undefined : this.#places.get(name);
  }

  /**
   * Returns the name of a database's place, and lets dumps reach the database from there; undefined without a VPC.
   * Throws ConfigurationError for what belongs to a VPC that is not given, and for a database without a port.
   */
  of({ connections, instance, port, securityGroups, subnets, vpc }: DatabaseObjects, path: string): string | undefined {
    if (!vpc) {
      if (subnets || securityGroups) throw new ConfigurationError(`${path}.vpc: nothing was given, but subnets or security groups; give the VPC too`);
      return undefined;
    }
    const { subnetIds } = vpc.selectSubnets(subnets);
    const given = securityGroups?.map(({ securityGroupId }) => securityGroupId);
    const key = JSON.stringify(Stack.of(this.#scope).resolve([vpc.node.path, subnetIds, given]));
    const name = this.#names.get(key) ?? this.#free(vpc.node.id);
    this.#names.set(key, name);
    const groups = securityGroups ?? [this.#group(name, vpc)];
    this.#places.set(name, { vpc: vpc.vpcId, subnets: subnetIds, securityGroups: groups.map(({ securityGroupId }) => securityGroupId) });
    const open = (connections ?? instance)?.connections;
    const to = port === undefined ? open?.defaultPort : Port.tcp(port);
    if (open && !to) throw new ConfigurationError(`${path}.port: the connections have no default port, and nothing was given; write the port of the database`);
    for (const group of groups) if (to) open?.allowFrom(group, to, 'Dumps of Sauvegarde');
    return name;
  }

  #group(name: string, vpc: NonNullable<DatabaseObjects['vpc']>): SecurityGroup {
    const id = `DumpsIn-${name}`;
    return (
      (this.#scope.node.tryFindChild(id) as SecurityGroup | undefined) ??
      new SecurityGroup(this.#scope, id, { vpc, description: 'Dumps of Sauvegarde: to databases and services of AWS, nothing in' })
    );
  }

  /** Makes a name of a place of letters and digits that no other has. */
  #free(wanted: string): string {
    const name = wanted.replace(/[^A-Za-z0-9]/g, '').replace(/^(?![A-Za-z])/, 'v');
    let [free, next] = [name, 2];
    while (this.#taken.has(free)) free = `${name}${next++}`;
    this.#taken.add(free);
    return free;
  }
}
