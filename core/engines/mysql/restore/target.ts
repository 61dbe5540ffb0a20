import { counted } from '../../../figures.ts';
import type { Session } from '../connect/session.ts';
import { mandatoryRolesOf } from '../dump/globals.ts';
import { grantsOn } from '../dump/grants.ts';
import { type Facts, factsOf, type Inventory, inventoryOf, type Size, sizesOf } from '../dump/inventory.ts';
import { grantsOf, knownRights, takesNamesLiterally } from '../dump/rights.ts';
import { type Family, productOf } from '../family.ts';

/** Facts about a database, asked before anything is restored into it. */
export interface Target {
  family: Family;
  database: string;
  /** Account, as `user@host`. */
  user: string;
  facts: Facts;
  /** Rights on everything; and rights on the database, which include those. */
  everywhere: ReadonlySet<string>;
  here: ReadonlySet<string>;
  /** Tables and sequences. */
  tables: Size[];
  /** Views, triggers, events and routines, each with its kind: `VIEW person_view`. */
  others: string[];
  /** True if functions and triggers take the right SUPER here, because they are written to the binary log. */
  distrusts: boolean;
  /** True if names of databases in grants are taken as they stand. */
  literalNames: boolean;
  /** Roles that the server gives to everybody. */
  mandatoryRoles: string;
  /** Longest statement that the server takes, in bytes. */
  longestPacket: number;
}

/** Number of tables that are shown, and of other objects. */
const shown = 10;

export async function targetOf(session: Session, family: Family): Promise<Target> {
  const database = await session.json<string>('SELECT JSON_QUOTE(DATABASE())');
  const literalNames = await takesNamesLiterally(session);
  const { everywhere, here } = grantsOn(database, await grantsOf(session, family, await knownRights(session)), { literal: literalNames });
  const inventory = await inventoryOf(session);
  return {
    family,
    database,
    user: await session.json<string>('SELECT JSON_QUOTE(CURRENT_USER())'),
    facts: await factsOf(session),
    everywhere,
    here,
    tables: await sizesOf(session, family, inventory),
    others: othersIn(inventory),
    distrusts: (await session.json<number>('SELECT @@log_bin AND NOT @@log_bin_trust_function_creators')) === 1,
    literalNames,
    mandatoryRoles: await mandatoryRolesOf(session),
    longestPacket: Number(await session.json<number>('SELECT @@GLOBAL.max_allowed_packet')),
  };
}

export function isEmpty({ tables, others }: Target): boolean {
  return tables.length + others.length === 0;
}

/** Describes the contents for people: `person (about 2 rows, 16 kB), … and 3 more`. */
export function contentsOf({ tables, others }: Target): string {
  const each = tables.slice(0, shown).map(({ name, rows, bytes }) => `${name} (about ${counted(rows, 'row')}, ${Math.ceil(bytes / 1000)} kB)`);
  const more = tables.length > shown ? [`${tables.length - shown} more tables`] : [];
  const moreOthers = others.length > shown ? [`${others.length - shown} more views, triggers, events or routines`] : [];
  return [...each, ...more, ...others.slice(0, shown), ...moreOthers].join(', ');
}

function othersIn({ views, triggers, events, routines }: Inventory): string[] {
  const all = (kind: string, names: string[]) => names.map((name) => `${kind} ${name}`);
  const named = triggers.map(({ name }) => name);
  return [...all('VIEW', views), ...all('TRIGGER', named), ...all('EVENT', events), ...routines.map(({ kind, name }) => `${kind} ${name}`)];
}

/** Returns a function that makes names equal if the target's server takes them for the same. */
export function nameIn({ facts }: Pick<Target, 'facts'>): (name: string) => string {
  return (name) => (facts.lowerCaseTableNames === 0 ? name : name.toLowerCase());
}

/** Names the server, such as `MariaDB 11.8.3`. */
export function serverOf({ family, facts }: Target): string {
  return `${productOf[family]} ${facts.version}`;
}
