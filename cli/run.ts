import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { endClients } from '../core/aws/kept-clients.ts';
import { ConfigurationError } from '../core/errors.ts';
import { exit } from './exit.ts';
import { refuseStack } from './refuse-stack.ts';
import { carryOut, running, type Streams } from './running.ts';

const administer = () => import('./commands/administer.ts');
/** Commands in the order of the help, each with its module, which is loaded when it is needed. */
const commands: Record<string, () => Promise<{ register(program: Command): void }>> = {
  local: () => import('./commands/local.ts'),
  console: () => import('./commands/console.ts'),
  backup: () => import('./commands/backup.ts'),
  status: () => import('./commands/status.ts'),
  metrics: () => import('./commands/metrics.ts'),
  list: () => import('./commands/list.ts'),
  show: () => import('./commands/show.ts'),
  diff: () => import('./commands/diff.ts'),
  download: () => import('./commands/download.ts'),
  restore: () => import('./commands/restore.ts'),
  open: () => import('./commands/open.ts'),
  verify: () => import('./commands/verify.ts'),
  rotate: () => import('./commands/rotate.ts'),
  sweep: () => import('./commands/sweep.ts'),
  copy: () => import('./commands/copy.ts'),
  hold: administer,
  release: administer,
  retire: administer,
  unretire: administer,
  accept: () => import('./commands/accept.ts'),
  adopt: () => import('./commands/adopt.ts'),
  alert: () => import('./commands/alert.ts'),
  audit: () => import('./commands/audit.ts'),
  rebuild: () => import('./commands/rebuild.ts'),
  doctor: () => import('./commands/doctor.ts'),
  key: () => import('./commands/key.ts'),
  smoke: () => import('./commands/smoke.ts'),
  service: () => import('./commands/service.ts'),
};

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
        const program = programOn(streams);
        await registerFor(program, words);
        await program.parseAsync(words, { from: 'user' });
      } catch (error) {
        command.status = await statusOf(error);
      }
    });
  } finally {
    endClients();
    process.umask(before);
  }
}

function programOn({ stdout, stderr }: Streams): Command {
  return new Command('sauvegarde')
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
}

/** Registers the command that the words name; all commands for the help, or if they name none. */
async function registerFor(program: Command, words: readonly string[]): Promise<void> {
  const name = program.parseOptions([...words]).operands[0] ?? '';
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const modules = await Promise.all((load ? [load] : [...new Set(Object.values(commands))]).map((each) => each()));
  for (const { register } of modules) register(program);
  for (const command of program.commands) command.exitOverride().showHelpAfterError(`(sauvegarde ${command.name()} --help explains it)`);
}

async function statusOf(error: unknown): Promise<number> {
  // commander has explained the mistake
  if (error instanceof CommanderError && (error.exitCode === 0 || !running().isJson)) return error.exitCode === 0 ? exit.done : exit.usage;
  const { tellFailure } = await import('./failure.ts');
  return tellFailure(error instanceof CommanderError ? new ConfigurationError(error.message.replace(/^error: /, '')) : error);
}
