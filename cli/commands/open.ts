import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { counted } from '../../core/figures.ts';
import { openBackup, openStored } from '../../core/operations/orders/open-backup.ts';
import { lookingPlatform } from '../../local/open-platform.ts';
import { type Circumstances, type CommonOptions, identified, isForStack, withSession, withStack } from '../context.ts';
import { print, printable, printJson, wrapped } from '../output.ts';

type Opened = Awaited<ReturnType<typeof openBackup>>;

export function register(program: Command): void {
  program
    .command('open')
    .description('restore a backup into a database that lives until you press Enter, to look at old data with your own tools')
    .argument('<backup>', "its id, or a database's name for the newest good one")
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde open main\n  sauvegarde open main-20261122_050000Z\n  sauvegarde --stack sauvegarde open main\n\nThe database is on this machine, also that of a backup of a stack.\n',
    )
    .action(async (backup: string, _, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      if (isForStack(options)) return openOfStack(backup, options);
      await withSession(options, async ({ platform, ...circumstances }) => {
        await using opened = await openBackup(platform, { backup, ...circumstances.author }, circumstances.signal);
        await show(opened, options, circumstances);
      });
    });
}

/** Fetches a backup of a stack, and opens it here. */
async function openOfStack(backup: string, { identity, ...options }: CommonOptions & { stack: string }): Promise<void> {
  const loaded = await identified({ ...options, ...(identity !== undefined && { identity }) });
  const { fetchedFiles } = await import('../../core/aws/fetched-files.ts');
  await withStack(options, async (home, circumstances) => {
    const { signal, talk } = circumstances;
    using platform = lookingPlatform(loaded, talk);
    const files = await home.files(backup);
    talk.info(`${files.backup}: fetching it from the vault of ${options.stack}`);
    const vault = { ...(await fetchedFiles(files, platform.scratch, signal)), keys: platform.keys };
    await using opened = await openStored({ ...platform, vault }, files, signal);
    await show(opened, options, circumstances);
  });
}

/** Tells where the opened backup is, and waits until somebody has seen enough. */
async function show({ address, backup, command: look, ended, notes, rows, tables }: Opened, { json }: CommonOptions, { signal, talk }: Circumstances) {
  talk.clear();
  if (json) printJson({ backup, address, command: look, tables, rows, notes });
  else {
    print(`${backup} is open: ${counted(rows, 'row')} in ${counted(tables, 'table')}, equal to what was backed up`);
    for (const note of notes) print(wrapped(`  note: ${printable(note)}`, 4));
    print(`  address  ${address}\n  look     ${look}`);
  }
  talk.info('press Enter to end and to remove it; changes that you make are lost');
  await enter(ended ? AbortSignal.any([signal, ended]) : signal);
}

/** Waits for a line, or the end, of standard input. Throws the signal's reason if it fires. */
async function enter(signal: AbortSignal): Promise<void> {
  using lines = createInterface({ input: process.stdin });
  try {
    await Promise.race([once(lines, 'line', { signal }), once(lines, 'close', { signal })]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
