import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { endClients } from '../core/aws/kept-clients.ts';
import { ConfigurationError } from '../core/errors.ts';
import { registerAccept } from './commands/accept.ts';
import { registerAdminister } from './commands/administer.ts';
import { registerAdopt } from './commands/adopt.ts';
import { registerAlert } from './commands/alert.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBackup } from './commands/backup.ts';
import { registerConsole } from './commands/console.ts';
import { registerCopy } from './commands/copy.ts';
import { registerDiff } from './commands/diff.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDownload } from './commands/download.ts';
import { registerKey } from './commands/key.ts';
import { registerList } from './commands/list.ts';
import { registerLocal } from './commands/local.ts';
import { registerMetrics } from './commands/metrics.ts';
import { registerOpen } from './commands/open.ts';
import { registerRebuild } from './commands/rebuild.ts';
import { registerRestore } from './commands/restore.ts';
import { registerRotate } from './commands/rotate.ts';
import { registerService } from './commands/service.ts';
import { registerShow } from './commands/show.ts';
import { registerSmoke } from './commands/smoke.ts';
import { registerStatus } from './commands/status.ts';
import { registerSweep } from './commands/sweep.ts';
import { registerVerify } from './commands/verify.ts';
import { exit } from './exit.ts';
import { tellFailure } from './failure.ts';
import { refuseStack } from './refuse-stack.ts';
import { carryOut, running, type Streams } from './running.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/**
 * Carries out a command line, given without the program's name, and returns its exit status. Never rejects. Environment
 * and working folder are this process's.
 */
export async function run(words: readonly string[], streams: Streams): Promise<number> {
  // files written here are for this user alone: dumps, restored databases, the catalogue
  const before = process.umask(0o077);
  try {
    return await carryOut(streams, async (command) => {
      command.isJson = words.includes('--json');
      try {
        await programOn(streams).parseAsync(words, { from: 'user' });
      } catch (error) {
        command.status = statusOf(error);
      }
    });
  } finally {
    endClients();
    process.umask(before);
  }
}

function programOn({ stdout, stderr }: Streams): Command {
  const program = new Command('sauvegarde')
    .description('Scheduled database backups that are proven by restoring them.')
    .version(version)
    .option('-c, --config <file>', 'the configuration file', process.env.SAUVEGARDE_CONFIG ?? 'sauvegarde.config.ts')
    .option('--stack <name>', "run the command on this stack on AWS instead of this machine, with AWS's usual credentials and region")
    .option('--identity <file>', 'open encrypted backups with this secret key of age, instead of encryption.identity in the configuration')
    .addHelpText('after', '\nExit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 no such backup, 4 a backup cannot be restored, 130 stopped.\n')
    .showHelpAfterError('(sauvegarde --help lists the commands)')
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => (running().isJson ? undefined : stderr.write(text)) })
    .exitOverride()
    .hook('preAction', (_, command) => refuseStack(command.name(), command.optsWithGlobals()));
  for (const register of [
    registerLocal,
    registerConsole,
    registerBackup,
    registerStatus,
    registerMetrics,
    registerList,
    registerShow,
    registerDiff,
    registerDownload,
    registerRestore,
    registerOpen,
    registerVerify,
    registerRotate,
    registerSweep,
    registerCopy,
    registerAdminister,
    registerAccept,
    registerAdopt,
    registerAlert,
    registerAudit,
    registerRebuild,
    registerDoctor,
    registerKey,
    registerSmoke,
    registerService,
  ])
    register(program);
  for (const command of program.commands) command.exitOverride().showHelpAfterError(`(sauvegarde ${command.name()} --help explains it)`);
  return program;
}

function statusOf(error: unknown): number {
  // commander has explained the mistake
  if (error instanceof CommanderError && (error.exitCode === 0 || !running().isJson)) return error.exitCode === 0 ? exit.done : exit.usage;
  return tellFailure(error instanceof CommanderError ? new ConfigurationError(error.message.replace(/^error: /, '')) : error);
}
