import { Stack } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Config } from '../core/config/config.ts';
import type { EndpointService, Place } from '../core/config/deployment.ts';
import { ConfigurationError } from '../core/errors.ts';
import { noPlace } from '../core/names.ts';
import type { Enterable } from './constructs/backup-function.ts';
import { type Mount, mountOf } from './constructs/mount.ts';
import type { DatabaseObjects, ServerObjects } from './database-objects.ts';
import { endpointsByPlace } from './requirements.ts';

/** A VPC with what enters it. */
export type InVpc = Enterable & Pick<Place, 'vpc'>;

/** Databases that are dumped from one place. */
export interface DumpPlace {
  /** Name by which the workflow finds it. */
  readonly name: string;
  readonly databases: Config['databases'];
  /** @default the databases are reached over the internet */
  readonly place?: InVpc | undefined;
  /** File system in which some of the databases are files. @default none is a file */
  readonly mount?: Mount | undefined;
  /** Endpoints that the stack makes there. */
  readonly endpoints: { readonly place: Place; readonly services: readonly EndpointService[] } | undefined;
}

/** Groups the databases by their places, in the order of their first databases. */
export function dumpPlacesOf(config: Pick<Config, 'databases' | 'places' | 'targets'>, objects: PlacesOfObjects): DumpPlace[] {
  const { databases, places } = config;
  const made = endpointsByPlace(config);
  return [...Map.groupBy(Object.entries(databases), ([, { place }]) => place)].map(([name, entries]) => {
    const declared = name === undefined ? undefined : places[name];
    const endpoints = made.find((each) => each.name === name);
    return {
      name: name ?? noPlace,
      databases: Object.fromEntries(entries),
      place: declared ?? objects.get(name)?.place,
      mount:
        declared?.accessPoint !== undefined && entries.some(([, database]) => 'file' in database) ? mountOf(declared.accessPoint) : objects.get(name)?.mount,
      endpoints: endpoints && { place: endpoints.place, services: endpoints.endpoints },
    };
  });
}

interface PlaceOfObjects {
  readonly place: InVpc;
  readonly mount?: Mount;
}

/** Places of a CDK app's databases: one for each VPC, choice of subnets and access point. */
export class PlacesOfObjects {
  readonly #scope: Construct;
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();
  readonly #places = new Map<string, PlaceOfObjects>();

  /** `taken`: names of other places. */
  constructor(scope: Construct, taken: readonly string[]) {
    this.#scope = scope;
    this.#taken = new Set(taken);
  }

  get(name: string | undefined): PlaceOfObjects | undefined {
    return name === undefined ? undefined : this.#places.get(name);
  }

  /**
   * Returns the name of a database's place, and lets dumps reach the database from there; undefined without a VPC.
   * Throws ConfigurationError for what belongs to a VPC that is not given, and for a database without a port.
   */
  of(objects: DatabaseObjects, path: string): string | undefined {
    const { securityGroups, subnets, vpc } = objects;
    if (!vpc) {
      if (subnets || securityGroups) throw new ConfigurationError(`${path}.vpc: nothing was given, but subnets or security groups; give the VPC too`);
      return undefined;
    }
    const { subnetIds } = vpc.selectSubnets(subnets);
    const given = securityGroups?.map(({ securityGroupId }) => securityGroupId);
    const mount = mountOfObjects(objects);
    const key = JSON.stringify(Stack.of(this.#scope).resolve([vpc.node.path, subnetIds, given, mount?.accessPoint]));
    const name = this.#names.get(key) ?? this.#free(vpc.node.id);
    this.#names.set(key, name);
    const groups = securityGroups ?? [this.#group(name, vpc)];
    const place = { vpc: vpc.vpcId, subnets: subnetIds, securityGroups: groups.map(({ securityGroupId }) => securityGroupId) };
    this.#places.set(name, { place, ...(mount && { mount }) });
    const { connectable, port } = opened(objects);
    const open = connectable?.connections;
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

/** Returns what must let dumps in, and the port if it is not the usual one. */
function opened(objects: DatabaseObjects): { connectable?: ServerObjects['connections']; port?: number | undefined } {
  if ('accessPoint' in objects) return { connectable: objects.accessPoint.fileSystem };
  return { connectable: objects.connections ?? objects.instance, port: objects.port };
}

function mountOfObjects(objects: DatabaseObjects): Mount | undefined {
  if (!('accessPoint' in objects)) return undefined;
  const { accessPointArn, fileSystem } = objects.accessPoint;
  return { accessPoint: accessPointArn, fileSystem: fileSystem.fileSystemArn, after: fileSystem.mountTargetsAvailable };
}
