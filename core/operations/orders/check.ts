import { text } from 'node:stream/consumers';
import { startReading } from '../../bytes/tool.ts';
import type { Config, Database } from '../../config/config.ts';
import { cardOf, engineOfFamily, fileCards, type Product, products } from '../../engines/cards.ts';
import { rehearsalParts } from '../../engines/engine.ts';
import { reasonOf, ToolFailedError } from '../../errors.ts';
import { counted, sizeText } from '../../figures.ts';
import type { With } from '../../platform.ts';
import { type Family, programmed } from '../../programs/tools.ts';
import { secondsSince } from '../../time/elapsed.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';

/** Result of one check. */
export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'wrong';
  /** Finding in words. If it is wrong, the error's name leads to advice. */
  found: string;
  error?: string;
}

/** Runs a check; an error becomes a finding. */
export async function tried(check: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check, state: 'ok', found: await work() };
  } catch (error) {
    const { name, message } = reasonOf(error);
    return { check, state: 'wrong', found: message, error: name };
  }
}

/**
 * Checks what a dump needs where this runs: its programs, and each configured database with its secret and its
 * connection. Dumps nothing, writes nothing.
 */
export async function checkDumping(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'>,
  signal: AbortSignal,
  families: readonly Family[],
): Promise<Finding[]> {
  const findings = [await programs(platform, families, signal)];
  for (const [name, database] of Object.entries(platform.config.databases)) findings.push(...(await examined(platform, name, database, signal)).findings);
  return findings;
}

/**
 * Checks what a restore needs where this runs: its programs, and each declared target with its secret and its
 * connection, as a database: what was restored is dumped again to compare it. Changes nothing.
 */
export async function checkRestoring(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'>,
  signal: AbortSignal,
  families: readonly Family[],
): Promise<Finding[]> {
  const findings = [await programs(platform, families, signal)];
  for (const [name, target] of Object.entries(platform.config.targets)) {
    const { findings: found } = await examined(platform, name, target as Database, signal, `target ${name}`); // the other options have no part in it
    findings.push(...found);
  }
  return findings;
}

/**
 * Checks one database. Returns its size in bytes, 0 if it cannot be reached, and a finding for each remark of its
 * engine.
 */
export async function examined(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'>,
  name: string,
  database: Database,
  signal: AbortSignal,
  check = `database ${name}`,
): Promise<{ size: number; findings: Finding[] }> {
  let [size, remarks]: [number, string[]] = [0, []];
  const readable = await tried(check, async () => {
    const facts = await engineOf(platform, database.engine).examine(database, workFor(platform, name, signal));
    ({ size, remarks } = facts);
    return `${'file' in database ? `${database.file}: ` : ''}${facts.product}, ${counted(facts.tables, 'table')}, ${sizeText(size)}`;
  });
  return { size, findings: [readable, ...remarks.map((found): Finding => ({ check, state: 'warning', found }))] };
}

/**
 * Checks what a proof needs where this runs: its programs, and a rehearsal with a small database of its own, part by
 * part until one fails; with `major`, of a server of that older version. Rehearses a file as well if the configuration
 * has one that is proven here. Touches neither vault nor catalogue.
 */
export async function checkProving(
  platform: With<'tools' | 'scratch' | 'engines'>,
  signal: AbortSignal,
  { families, major }: { families: readonly Family[]; major?: number | undefined },
): Promise<Finding[]> {
  const findings = [await programs(platform, families, signal)];
  const here = [...families, ...(major === undefined ? filesProvenWith(families, platform.config) : [])];
  for (const family of here) findings.push(...(await rehearsed({ family, major }, platform, signal)));
  return findings;
}

/** Lists the products of configured files that the function which proves dumps of these families proves, too. */
function filesProvenWith(families: readonly Family[], { databases }: Pick<Config, 'databases'>): Product['family'][] {
  const provers = new Set(products.filter(({ family }) => families.some((each) => each === family)).map(({ prover }) => prover));
  const configured = fileCards.filter(({ name }) => Object.values(databases).some(({ engine }) => engine === name));
  return configured.flatMap(({ products: own }) => own.filter(({ prover }) => provers.has(prover)).map(({ family }) => family));
}

async function rehearsed(
  { family, major }: { family: Product['family']; major: number | undefined },
  platform: With<'tools' | 'scratch' | 'engines'>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const engine = engineOfFamily(family);
  await using rehearsal = engineOf(platform, engine).rehearse(family, workFor(platform, 'rehearsal', signal), major);
  for (const part of rehearsalParts[cardOf(engine).reach.by]) {
    const begun = performance.now();
    const finding = await tried(part, async () => `${(await rehearsal.next()).value} (${secondsSince(begun)} s)`);
    findings.push(finding);
    if (finding.state === 'wrong') break;
  }
  return findings;
}

async function programs({ tools }: With<'tools'>, families: readonly Family[], signal: AbortSignal): Promise<Finding> {
  return tried('programs', async () => {
    const versions = [];
    for (const { programs } of programmed.filter(({ family }) => families.includes(family)))
      for (const name of [programs.clients.dump, programs.clients.session]) {
        const { blocks, ended, complaint } = await startReading(await tools.client(name, signal), [...programs.clients.versionArguments], { env: {}, signal });
        const [said, status] = await Promise.all([text(blocks), ended]);
        if (status !== 0) throw new ToolFailedError(`${name} --version ended with ${status}: ${complaint()}`);
        versions.push(said.trim());
      }
    return versions.join(', ');
  });
}
