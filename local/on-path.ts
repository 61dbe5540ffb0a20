import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../core/programs/launch.ts';
import { type Client, type Family, familyOf, ownVersions } from '../core/programs/tools.ts';

const run = promisify(execFile);

/**
 * How each product's clients say which they are: `pg_dump (PostgreSQL) 18.1 (Debian …)`, `mysqldump  Ver 9.7.0 for Linux on x86_64 (…)`, `mariadb-dump from 11.8.6-MariaDB, client 10.19 for …`. On many machines `mysql` and
 * `mysqldump` are MariaDB's (`mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for …`), which dump a MySQL server in a way that does not restore: a name alone says nothing.
 */
const products: Readonly<Record<Family, RegExp>> = {
  postgres: /\(PostgreSQL\) (\d+)(?:\.(\d+))?/,
  mysql: /^.+? +Ver (\d+)\.(\d+)\.\d+\S* for (?!.*MariaDB)/,
  mariadb: /\b(?:from|Distrib) (\d+)\.(\d+)\.\d+-MariaDB\b/,
};

/** The first program of that name on PATH that is of its product, and no older than ours. */
export async function onPath(program: Client): Promise<Launch | undefined> {
  const family = familyOf[program];
  const [major, minor] = ownVersions[family];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const command = join(folder, program);
    const [, foundMajor = 0, foundMinor = 0] = products[family].exec(await answerOf(command)) ?? [];
    if (Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor)) return { command, args: [], env: {}, links: {} };
  }
  return undefined;
}

/** Debian's `psql` and `pg_dump` are scripts that take a tenth of a second to find the real ones, and a backup needs them a dozen times. */
const rememberedMilliseconds = 60_000;
const answers = new Map<string, { answer: Promise<string>; until: number }>();

/** What it says of its version; nothing when it is not there or does not answer. An answer is remembered for a minute, and only of the same file: a folder of PATH may be a link to another one. */
async function answerOf(command: string): Promise<string> {
  const file = await stat(command).catch(() => undefined);
  if (!file?.isFile()) return '';
  const key = [basename(command), file.dev, file.ino, file.size, file.mtimeMs].join();
  const known = answers.get(key);
  if (known && performance.now() < known.until) return known.answer;
  const answer = run(command, ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  answers.set(key, { answer, until: performance.now() + rememberedMilliseconds });
  return answer;
}
