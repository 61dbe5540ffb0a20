import type { Flaw } from '../../../documents/flaw.ts';
import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { secondsSince } from '../../../time/elapsed.ts';
import type { ProofResult } from '../../engine.ts';
import { withProgress } from '../../server/with-progress.ts';
import { complaintsIn } from '../connect/complaints.ts';
import { wordsOf } from '../failures.ts';
import { type Place, RestoreScript } from '../restore/restore-script.ts';
import { alteredBetween, changesBetween, Definitions } from '../script/definitions.ts';
import { identifier } from '../sql-text.ts';
import { computedOtherwise } from './computed-otherwise.ts';
import { describedOtherwise } from './described-otherwise.ts';
import { orphansIn } from './orphans.ts';
import { contentsOf, type Failure, otherNumbers, type ProofContext } from './proof-context.ts';
import { restoreRefused } from './restore-refused.ts';
import { isConsequence, isUnsupported } from './unsupported.ts';

/** Largest number of reasons that are listed one by one. */
const mostReasons = 50;

/**
 * Restores statement by statement, whatever fails, and lets rows decide. A statement that fails because of the scratch
 * server, or because of something that is `missing` there, makes the proof partial; any other makes a flaw. Tables that
 * refuse their own rows are restored again without what refuses them.
 */
export async function proveStatements(context: ProofContext, missing: string[]): Promise<ProofResult> {
  const { scratch, open, expected, source, work } = context;
  const begun = performance.now();
  const [stored, restored] = [new Definitions(), new Definitions()];
  const script = new RestoreScript({ keepsEngines: true, unencrypted: 'all' }, stored);
  const run = await scratch.restore(script.from(withProgress(open(), 'prove', expected.size, work)), { force: true });
  const restoreSeconds = secondsSince(begun);
  const failures = complaintsIn(run.complaint).flatMap((each) => {
    const place = script.places.get(each.line);
    return place ? [{ ...each, place }] : [];
  });
  const ofPlace = failures.filter(({ place, said }) => place.kind === 'other' || isUnsupported(said, scratch.name));
  const follows = ({ said }: Failure) => missing.length + ofPlace.length > 0 && isConsequence(said, scratch.name);
  const unmakeable = new Set(ofPlace.filter(({ place }) => place.kind === 'TABLE').map(({ place }) => place.name));
  const refused = failures.filter((each) => isOfTable(each.place) && !ofPlace.includes(each) && !unmakeable.has(each.place.name));
  const { flaws: ofTables, failed } = await restoreRefused(context, refused, script.places.values());
  const others = failures.filter((each) => !isOfTable(each.place) && !ofPlace.includes(each));
  const flaws = others.filter((each) => !follows(each)).map(flawOf);
  const unmade = new Set(failures.filter(({ place }) => place.kind !== 'rows' && place.kind !== 'other').map(({ place }) => `${place.kind} ${place.name}`));
  const unreadable = failures.length + missing.length > 0 ? await withoutUnreadableViews(context) : [];
  const found = await contentsOf(context, restored);
  const orphans = script.mayRefer ? await orphansIn(scratch) : { flaws: [], notes: [] };
  const made = new Set([...found.tables, ...found.sequences].map(({ name }) => name));
  const changes = changesBetween(stored, restored);
  const isExplained = (name: string) => unmade.has(name) || unreadable.includes(name) || /^(?:TABLE|SEQUENCE) /.test(name);
  const isExcused = (name: string) => !made.has(name) && (unmade.has(`TABLE ${name}`) || unmade.has(`SEQUENCE ${name}`));
  const absent = [...expected.tables, ...expected.sequences].map(({ name }) => name).filter(isExcused);
  return {
    restoreSeconds,
    differences: [
      ...differencesBetween(within(expected, isExcused), found),
      ...otherNumbers(expected, stored),
      ...alteredBetween(source.definitions, stored),
      ...changes.missing.filter((name) => !isExplained(name)).map((name) => `${name} is missing`),
      ...changes.added.filter((name) => !name.startsWith('TABLE ')).map((name) => `${name} was not in the dump`),
    ],
    flaws: [...ofTables, ...flaws, ...orphans.flaws, ...(await computedOtherwise(context))],
    unproven: shortened(
      [
        ...missing,
        ...new Set([...ofPlace, ...others.filter(follows)].map(({ said }) => wordsOf(said))),
        ...absent.map((name) => `table ${name} could not be made here`),
        ...failed,
        ...[...ofPlace, ...others.filter(follows)].flatMap(({ place }) => (isOther(place) ? [`${place.kind} ${place.name} could not be made here`] : [])),
        ...unreadable.map((name) => `${name} cannot be read here`),
        ...found.unproven,
        ...(await describedOtherwise(context, {
          stored,
          restored,
          except: new Set([...unmade, ...unreadable, ...refused.map(({ place }) => `TABLE ${place.name}`)]),
        })),
      ],
      mostReasons,
    ),
    notes: [...found.notes, ...orphans.notes, ...changes.notes, ...versionNote(context, stored, restored)],
  };
}

function isOfTable({ kind }: Place): boolean {
  return kind === 'rows' || kind === 'TABLE';
}

/** Returns true for objects that are neither tables nor sequences, which are reported with their rows. */
function isOther({ kind }: Place): boolean {
  return !['rows', 'other', 'TABLE', 'SEQUENCE'].includes(kind);
}

function flawOf({ place: { kind, name, sha256 }, said }: Failure): Flaw {
  return {
    what: `${kind} ${name} does not come back: ${wordsOf(said)}`,
    remedy: `Repair it at the source, or remove it there: DROP ${kind} ${identifier(name)};`,
    ...(sha256 !== undefined && { statement: sha256 }),
  };
}

/** Removes views of something that is missing here: such a view stops the tool. */
async function withoutUnreadableViews({ scratch }: ProofContext): Promise<string[]> {
  const names = (await scratch.ask(`SELECT JSON_QUOTE(TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`)).map(
    (line) => JSON.parse(line) as string,
  );
  const refused = await scratch.complaints(names.map((name) => `SHOW FIELDS FROM ${identifier(name)}`));
  const unreadable = [...refused.keys()].map((index) => names[index] as string);
  if (unreadable.length > 0) await scratch.complaints(unreadable.map((name) => `DROP VIEW ${identifier(name)}`));
  return unreadable.map((name) => `VIEW ${name}`);
}

/** Reduces the expected scan to what is not excused. */
function within(expected: Scan, isExcused: (name: string) => boolean): Scan {
  const stays = ({ name }: { name: string }) => !isExcused(name);
  return { ...expected, tables: expected.tables.filter(stays), sequences: expected.sequences.filter(stays) };
}

function versionNote({ expected: { product } }: ProofContext, stored: Definitions, restored: Definitions): string[] {
  if (stored.version === restored.version) return [];
  return [`definitions were compared by name alone, because the source is ${product.name} ${product.version} and the scratch server is ${restored.version}`];
}
