import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Flaw } from '../../core/documents/flaw.ts';
import type { Restored } from '../../core/engines/engine.ts';
import { isAddress } from '../../core/engines/is-address.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { counted } from '../../core/figures.ts';
import { restore } from '../../core/operations/orders/restore.ts';
import { restoreTo } from '../../core/operations/orders/restore-to.ts';
import type { LocalPlatform } from '../../local/open-platform.ts';
import { executionOf } from '../../local/presence.ts';
import { type CommonOptions, isForStack, withSession, withStack } from '../context.ts';
import { fileExample, grantingProducts, productsWithEvents, productsWithRoles, restoreExamples } from '../examples.ts';
import { print, printable, printJson, type Talk, wrapped } from '../output.ts';

interface RestoreOptions extends CommonOptions {
  into?: string;
  to?: string;
  yes?: string;
  force?: boolean;
  owner: boolean;
  privileges: boolean;
  withRoles?: boolean;
  enableEvents?: boolean;
  withoutFlawed?: boolean;
  backup: boolean;
  tables?: string[];
  schemas?: string[];
}

export function register(program: Command): void {
  program
    .command('restore')
    .description('restore a backup, verifying its bytes on the way and comparing its rows at the end')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--to <name>', 'the target, by its name under "targets" in the configuration')
    .option('--yes <database>', "with --to: the name of the backup's database, typed once more, so that nobody is asked for it")
    .option(
      '--into <target>',
      'another target: a file that does not exist yet, or an empty database on a server, as env:NAME of a variable that holds its address',
    )
    .option(
      '-f, --force',
      'replace an existing file, which is set aside, not removed; restore into a database that is not empty, beside its contents; what is there is backed up first',
    )
    .option('--tables <names>', 'restore these tables alone, with commas between them', listOf)
    .option('--schemas <names>', 'restore these schemas alone, with commas between them', listOf)
    .option('--no-owner', "on a server: everything belongs to the user who restores, and nothing is granted; the source's roles and definers are not needed")
    .option('--no-privileges', `${grantingProducts}: nothing is granted to anybody`)
    .option(
      '--with-roles',
      `${productsWithRoles}: first make the users and roles of the backup that the target's server lacks, without passwords; none that is there is changed`,
    )
    .option('--enable-events', `${productsWithEvents}: let events run, after the comparison; without it they come back disabled`)
    .option('--without-flawed', 'restore a backup without the statements that do not run, and do not ask')
    .option('--no-backup', 'with --force: replace what is there without backing it up first')
    .option('--json', 'print what was restored as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  sauvegarde restore main --into /srv/app/${fileExample}\n  sauvegarde restore main-20261122_050000Z --into ${fileExample} --force\n  sauvegarde restore main --to staging --yes main\n${restoreExamples.join('')}\nStop the application before you replace its database.\n`,
    )
    .action(async (name: string, _, command: Command) => {
      const options = command.optsWithGlobals<RestoreOptions>();
      if (isForStack(options)) return restoreOnStack(name, options);
      await withSession(options, async ({ platform, signal, author, talk }) => {
        const { into, to } = options;
        if ((into === undefined) === (to === undefined)) throw new ConfigurationError('name the target: either --to NAME of the configuration, or --into');
        const { force = false, owner, privileges, enableEvents = false, withRoles = false } = options;
        const order = {
          backup: name,
          force,
          withoutOwners: !owner,
          withoutPrivileges: !privileges,
          withRoles,
          enableEvents,
          ...(options.withoutFlawed && { tolerant: true }),
          accept: accepting(options, talk, signal),
          ...(options.tables && { tables: options.tables }),
          ...(options.schemas && { schemas: options.schemas }),
          withoutBackup: !options.backup,
          executionOf: (run: string) => executionOf(platform.presence.id, run),
          replaceAnyway: replacing(talk, signal),
          ...author,
        };
        const restored =
          to === undefined
            ? await restore(platform, { ...order, into: await resolvedTarget(into ?? '', platform) }, signal)
            : await restoreTo(platform, { ...order, to, confirmed: await confirmed(options, { to, signal }) }, signal);
        talk.clear();
        tellRestored(restored, options);
      });
    });
}

function listOf(words: string): string[] {
  const names = words.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Write names with commas between them.');
  return names;
}

/** Restores on a stack, into one of its own targets: an address given here would be in the input of an execution. */
async function restoreOnStack(backup: string, options: RestoreOptions & { stack: string }): Promise<void> {
  const { to, force = false, owner, privileges, enableEvents = false, withRoles = false, withoutFlawed = false } = options;
  if (to === undefined || options.into !== undefined)
    throw new ConfigurationError(
      `a stack restores into a target of its configuration: write --to NAME. To restore elsewhere, download the backup ("sauvegarde --stack ${options.stack} download …") and restore it by hand: "show" prints the commands`,
    );
  await withStack(options, async (home, { signal, talk }) => {
    const order = { backup, to, confirmed: await confirmed(options, { to, signal }) };
    const begun = await home.restoreWith(order, {
      ...(options.tables && { tables: options.tables }),
      ...(options.schemas && { schemas: options.schemas }),
      force,
      withoutBackup: !options.backup,
      withoutOwners: !owner,
      withoutPrivileges: !privileges,
      withRoles,
      enableEvents,
      withoutFlawed,
    });
    signal.addEventListener('abort', () =>
      talk.warn(`waiting was stopped, but the restore goes on: "sauvegarde --stack ${options.stack} show ${begun.backup}" shows its end`),
    );
    tellRestored(await home.restoredBy(begun), options);
  });
}

function tellRestored(restored: Restored & { backup: string; kept?: string }, { json }: RestoreOptions): void {
  if (json) {
    printJson(restored);
    return;
  }
  const done = `${counted(restored.rows, 'row')} in ${counted(restored.tables, 'table')}, equal to what was backed up`;
  print(wrapped(`${restored.backup} restored into ${restored.into}: ${done}`, 2));
  if (restored.replaced) print(wrapped(`  the file that was there before is now ${restored.replaced}`, 4));
  if (restored.kept !== undefined) print(wrapped(`  what was there before is backed up as ${restored.kept}`, 4));
  for (const note of restored.notes) print(wrapped(`  note: ${note}`, 4));
}

/** Asks a person at a terminal whether to go on without these parts; elsewhere the option decides. */
function accepting({ withoutFlawed = false }: RestoreOptions, talk: Talk, signal: AbortSignal) {
  return async (flaws: readonly Flaw[]): Promise<boolean> => {
    talk.clear();
    for (const { what } of flaws) talk.warn(`left out: ${printable(what)}`);
    if (withoutFlawed || !process.stdin.isTTY) return withoutFlawed;
    return agreed('Restore without these parts?', signal);
  };
}

/** Asks a person at a terminal whether to replace what could not be backed up; elsewhere it is refused. */
function replacing(talk: Talk, signal: AbortSignal) {
  return async (reason: string): Promise<boolean> => {
    if (!process.stdin.isTTY) return false;
    talk.clear();
    talk.warn(`the database that would be replaced could not be backed up first: ${printable(reason)}`);
    return agreed('Replace it all the same?', signal);
  };
}

async function agreed(question: string, signal: AbortSignal): Promise<boolean> {
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
}

/** Returns the name of the database as a person types it once more, unless an option has it. */
async function confirmed({ yes }: RestoreOptions, { to, signal }: { to: string; signal: AbortSignal }): Promise<string> {
  if (yes !== undefined || !process.stdin.isTTY) return yes ?? '';
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  return (await lines.question(`Type the name of the database to restore it into ${to}: `, { signal })).trim();
}

/**
 * Resolves the target: a file's path from here, or an address. An address is best given by a variable's name, since
 * every user of a machine can read the arguments of every program.
 */
async function resolvedTarget(into: string, platform: LocalPlatform): Promise<string> {
  if (into.startsWith('env:')) return platform.reveal({ env: into.slice(4) });
  if (isAddress(into)) return into;
  // a file's path is shown in messages
  if (/^[^./][^/]*:[^/]*@/.test(into))
    throw new ConfigurationError(`the target looks like an address without its beginning; write it in full, or begin a file with ./`);
  return resolve(into);
}
