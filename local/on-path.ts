import { execFile } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../core/programs/launch.ts';
import { type Client, type Family, familyOf, ownVersions } from '../core/programs/tools.ts';

const run = promisify(execFile);

/**
 * Patterns for the answers of each product's clients: `pg_dump (PostgreSQL) 18.1 (Debian …)`, `mysqldump  Ver 9.7.0 for
 * Linux on x86_64 (…)`, `mariadb-dump from 11.8.6-MariaDB, client 10.19 for …`. A name alone says nothing: on many
 * machines `mysql` and `mysqldump` are MariaDB's (`mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for …`), which dump a
 * MySQL server in a way that does not restore.
 */
const answers: Readonly<Record<Family, RegExp>> = {
  postgres: /\(PostgreSQL\) (\d+)(?:\.(\d+))?/,
  mysql: /^.+? +Ver (\d+)\.(\d+)\.\d+\S* for (?!.*MariaDB)/,
  mariadb: /\b(?:from|Distrib) (\d+)\.(\d+)\.\d+-MariaDB\b/,
};

/** Finds the first program of that name on PATH that is of its product, and no older than ours. */
export async function onPath(program: Client): Promise<Launch | undefined> {
  const family = familyOf[program];
  const [major, minor] = ownVersions[family];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const command = join(folder, program);
    const [, foundMajor = 0, foundMinor = 0] = answers[family].exec(await answerOf(command)) ?? [];
    if (Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor)) return { command, args: [], env: {}, links: {} };
  }
  return undefined;
}

/** Asks a program for its version; empty if it is missing or does not answer. */
async function answerOf(command: string): Promise<string> {
  try {
    return (await run(command, ['--version'], { timeout: 10_000 })).stdout;
  } catch {
    return '';
  }
}
