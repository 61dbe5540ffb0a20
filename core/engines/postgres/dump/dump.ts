import type { DatabaseOf } from '../../../config/config.ts';
import type { Flaw } from '../../../documents/flaw.ts';
import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { DumpIncompleteError } from '../../../errors.ts';
import { dumpUnderWay } from '../../dump-under-way.ts';
import type { Dump, Work } from '../../engine.ts';
import { addressOf } from '../connect/address.ts';
import { certificateEndOf } from '../connect/certificate.ts';
import { openConnection } from '../connect/open-connection.ts';
import { whateverTheNames } from '../connect/session.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { isWhole, optionsWith } from '../selection.ts';
import { withAddition } from './addition.ts';
import type { Begun } from './begun.ts';
import { differentCounts, missingFrom, unquoted } from './completeness.ts';
import { type Apart, withBeginning, writtenApart } from './damaged-catalogue.ts';
import { isHarmless } from './database-settings.ts';
import type { Blocks } from './head.ts';
import type { Inventory } from './inventory.ts';
import { allObjects, type DamagedObject, type WrittenParts } from './large-objects.ts';
import { neededRoles } from './needed-roles.ts';
import { flawsOf, resumed, Stops } from './resume.ts';
import { begin, type Waits } from './snapshot-dump.ts';
import { emptyTables, flawsOfUnreadable, isRead, readableDefinitions } from './unreadable.ts';

/** Dumps with pg_dump, and checks the dump against an inventory of what must be in it. */
export async function dump(database: DatabaseOf<'postgres'>, work: Work, waits: Waits = {}): Promise<Dump> {
  await using opening = new AsyncDisposableStack();
  const { connection } = opening.use(await openConnection(await addressOf(database.connection, work.reveal), work.scratch));
  const psql = await work.tools.client('psql', work.signal);
  const begun = await whateverTheNames(connection, (accepted) => begin({ database, connection: accepted, psql, work, waits }));
  opening.defer(begun.end);
  const certificateEnds = certificateEndOf(connection, work.signal);
  async function* written(): AsyncGenerator<Uint8Array, Scan> {
    const scanner = new PostgresScanner();
    const stops = new Stops();
    let done = 0;
    const parts = partsOf(database);
    const apart = begun.spared && (await writtenApart(begun.beside, begun.spared, begun.scattered));
    const addition = () => restOf(begun, { stops, parts, apart });
    const from = changed(begun, (blocks) => {
      const made = apart ? withBeginning(blocks, Buffer.from(apart.beginning)) : blocks;
      return isRead(begun.unreadable) && !apart ? made : withAddition(made, addition);
    });
    const whole = resumed(from, { scanner, stops, parts });
    for await (const block of whole) {
      scanner.write(block);
      done += block.length;
      yield block;
      work.progress('dump', done);
    }
    return finished(scanner, { ...begun, stops, flaws: apart?.flaws ?? [], certificateEnds: await certificateEnds }, database);
  }
  return dumpUnderWay(written, opening.move(), begun.identity);
}

async function finished(
  scanner: PostgresScanner,
  begun: Begun & { stops: Stops; flaws: Flaw[]; certificateEnds: string | undefined },
  database: DatabaseOf<'postgres'>,
): Promise<Scan> {
  const { foreignSchemas, ...learnt } = scanner.end();
  const inventory = await begun.inventory();
  const missing = isWhole(database) ? missingFrom({ ...learnt, foreignSchemas }, inventory, database.options) : { rows: [], objects: [] };
  const isPart = begun.locked.length > 0 || begun.spared !== undefined;
  if (missing.rows.length > 0 && !isPart) throw new DumpIncompleteError(`pg_dump succeeded, but ${shortened(missing.rows).join('; ')}`);
  const stopped = new Set(begun.stops.tables.map(({ table }) => unquoted(table)));
  const rootsOf = inventory.partitions.filter(({ name }) => stopped.has(JSON.stringify(name))).flatMap(({ within }) => within);
  for (const root of rootsOf) stopped.add(JSON.stringify(root));
  const counts = await begun.counts;
  const counted = differentCounts(learnt, inventory, counts instanceof Map ? counts : new Map()).filter(({ name }) => !stopped.has(unquoted(name)));
  const flaws = [
    ...flawsOfUnreadable(begun.unreadable),
    ...begun.flaws,
    ...flawsOf(begun, learnt, [...(isPart ? unnamed(missing, begun) : missing.objects), ...counted.map(({ what }) => what)]),
  ];
  const product = { name: 'PostgreSQL', version: inventory.version };
  const there = new Set(learnt.tables.map(({ name }) => unquoted(name)));
  const found = await begun.definitions;
  const definitions = found && !(found instanceof Error) && readableDefinitions(found, begun.unreadable);
  const generated = await begun.generated;
  const rewritten = begun.rewritten.filter((name) => there.has(unquoted(name)));
  const source = {
    ...sourceOf(inventory, database, { foreignSchemas, scattered: begun.scattered }),
    ...(rewritten.length > 0 && { rewritten }),
    ...(definitions && { definitions }),
    ...(generated && Object.keys(generated).length > 0 && { generated }),
  };
  const { omitted, warnings } = remarksOn(inventory, begun, isWhole(database) && there);
  warnings.push(...uncompared({ 'what the server says of its objects': found, 'its counts of rows': counts }));
  return {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'postgres',
    product,
    ...learnt,
    source,
    ...(inventory.passwordEnds !== null && { passwordEnds: inventory.passwordEnds }),
    ...(begun.certificateEnds !== undefined && { certificateEnds: begun.certificateEnds }),
    warnings,
    ...(flaws.length > 0 && { flaws }),
    ...(omitted.length > 0 && { omitted }),
  };
}

/** Tells that the server was asked and gave no answer: then only the dump itself is compared with what comes back. */
function uncompared(answers: Record<string, unknown>): string[] {
  const failed = Object.entries(answers).flatMap(([what, answer]) => (answer instanceof Error ? [{ what, reason: answer.message }] : []));
  const [first] = failed;
  return first ? [`${failed.map(({ what }) => what).join(' and ')} could not be compared with the dump: ${first.reason}`] : [];
}

/** Yields what pg_dump has left out, as far as it can be had: rows, large objects, and tables without their rows. */
async function* restOf(
  { beside, unreadable, spared }: Begun,
  { stops, parts, apart }: { stops: Stops; parts: WrittenParts; apart: Apart | undefined },
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(emptyTables(unreadable));
  const tell = (damaged: DamagedObject[]) => void stops.damaged.push(...damaged);
  if (unreadable.largeObjects.length > 0 || spared?.isWhole || spared?.isWithoutLargeObjects)
    yield* allObjects(beside, { except: unreadable.largeObjects, parts, tell });
  if (!apart) return;
  yield* apart.rows();
  yield Buffer.from(apart.ending);
}

/** Leaves out what is missing because another session has locked it, or because it is damaged. */
function unnamed({ rows, objects }: ReturnType<typeof missingFrom>, { locked, spared }: Begun): string[] {
  const { relations = [], sequences = [], isWhole = false } = spared ?? {};
  const named = [...locked.map(({ name }) => name), ...relations, ...sequences.map(({ name }) => name)].map((name) =>
    (JSON.parse(unquoted(name)) as string[]).join('.'),
  );
  const missing = rows.filter((what) => !named.some((name) => what.includes(` ${name} `)));
  // aggregates are named one by one already
  return isWhole ? [...missing, ...objects.filter((what) => !what.includes(' AGGREGATE '))] : missing;
}

/** Changes what pg_dump writes, however often it is begun. */
function changed(begun: Begun, change: (blocks: Blocks) => Blocks): Begun {
  const { blocks, again } = begun;
  return { ...begun, blocks: change(blocks), ...(again && { again: (without) => change(again(without)) }) };
}

/** Returns the parts of large objects that the options leave in a dump. */
function partsOf({ options }: DatabaseOf<'postgres'>): WrittenParts {
  return { owners: !options.includes('--no-owner'), privileges: !options.includes('--no-privileges'), comments: !options.includes('--no-comments') };
}

/** Lists what the source has and the dump lacks, and everything else that is worth knowing. */
function remarksOn(
  { globals, standby, unlogged, tables, sequences, hiddenMappings, careless, settings, ofDatabase }: Inventory,
  begun: Begun,
  there: Set<string> | false,
) {
  const said = begun.warnings().map((line) => line.replace(/^pg_dump: warning: /, ''));
  const isLeftOut = (line: string) => /not dumped/.test(line);
  const keysOf = (names: [string, string][]) => new Set(names.map((name) => JSON.stringify(name)));
  const [ofTables, ofSequences] = [keysOf(tables), keysOf(sequences)];
  const lacking = standby && there ? unlogged.map((name) => JSON.stringify(name)).filter((name) => !there.has(name)) : [];
  const named = (name: string) => (JSON.parse(name) as string[]).join('.');
  return {
    omitted: [
      ...(there ? begun.leftOut : []),
      ...lacking.filter((name) => ofTables.has(name)).map((name) => `the rows of the unlogged table ${named(name)} are on the primary only; this is a standby`),
      ...lacking
        .filter((name) => ofSequences.has(name))
        .map((name) => `the value of the unlogged sequence ${named(name)} is on the primary only; this is a standby`),
      ...said.filter(isLeftOut).map((line) => `${line}; back up as a superuser to keep them`),
      ...careless.map(
        (name) =>
          `${name} is on, so the server passes over damaged pages without an error: their rows, if there are any, are missing or altered. RESET ${name} for this database, role or server, or back up as a superuser, whose sessions do without it`,
      ),
    ],
    warnings: [
      ...said.filter((line) => !isLeftOut(line)),
      ...hiddenMappings.map((mapping) => `the options of the user mapping for ${mapping} are not in the backup if it has any: only a superuser may see them`),
      ...(settings.length > 0 ? [`no dump holds the settings of the database itself: ${settings.join('; ')}. Set them again with ALTER DATABASE … SET`] : []),
      ...(globals
        ? []
        : ['the roles of the server are not in the backup: GRANT SELECT ON pg_catalog.pg_auth_members to the user who backs up would let it read them']),
      ...ofDatabase.map((what) => `no dump holds ${what}`),
    ],
  };
}

function sourceOf(
  inventory: Inventory,
  { include, exclude, options }: DatabaseOf<'postgres'>,
  { foreignSchemas, scattered }: { foreignSchemas: string[]; scattered: boolean },
): NonNullable<Scan['source']> {
  const { encoding, collation, locale, extensions, size, dataRoles, rolePaths, tablespaces, locks, globals } = inventory;
  const without = { owners: options.includes('--no-owner'), privileges: options.includes('--no-privileges') };
  // of itself, pg_dump leaves out the rows that a standby has not
  const unlogged = inventory.standby && inventory.unlogged.length > 0;
  const selection = { include, exclude, options: optionsWith({ include, exclude, options }, { scattered, unlogged }) };
  const named = { roles: neededRoles(inventory, without), owners: without.owners ? [] : inventory.owners, definitionRoles: inventory.definitionRoles };
  // in any other dump, a schema that the dump uses and does not make is made by an extension
  const schemas = include.tables.length > 0 && { schemas: foreignSchemas.filter((name) => name !== 'public') };
  const paths = [...inventory.settings.filter((setting) => setting.startsWith('search_path=')).map((setting) => setting.slice(12)), ...rolePaths];
  const settings = [...inventory.settings.filter((setting) => isHarmless(setting)), ...(paths.length > 0 ? [`search_path=${paths.join(', ')}`] : [])];
  const more = {
    locale,
    locks,
    ...(tablespaces.length > 0 && !options.includes('--no-tablespaces') && { tablespaces }),
    ...(settings.length > 0 && { settings }),
    ...(dataRoles.length > 0 && { dataRoles }),
    ...(globals && { globals }),
  };
  return { encoding, collation, ...more, ...named, extensions, ...schemas, ...(isWhole(selection) && { size }), selection };
}
