import type { Command } from 'commander';
import { databaseOf } from '../../core/operations/open.ts';
import { planRotation, rotate } from '../../core/operations/rotate.ts';
import { explain } from '../../core/retention.ts';
import { type CommonOptions, type Session, withSession } from '../context.ts';
import { local, print, printJson, table } from '../output.ts';

interface RotateOptions extends CommonOptions {
  dryRun?: boolean;
}

export function registerRotate(program: Command): void {
  program
    .command('rotate')
    .description('retire what the policy no longer keeps; it can be brought back during the days of grace')
    .argument('[database]', 'only of this database')
    .option('-n, --dry-run', 'only print the plan, with a reason for every backup')
    .option('--json', 'print the plan as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde rotate --dry-run\n  sauvegarde rotate main\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<RotateOptions>();
      await withSession(options, async (session) => {
        const { platform, by } = session;
        const names = database === undefined ? Object.keys(platform.config.databases) : [database];
        for (const name of names) databaseOf(platform, name);
        const plan = await planOf(session, names);
        const retired = new Set<string>();
        if (!options.dryRun) for (const name of names) for (const { backup } of (await rotate(platform, { database: name, by })).retired) retired.add(backup);
        if (options.json) return printJson(plan);
        const rows = plan.map(({ backup, slot, keep, reason }) => [
          backup,
          local(slot, platform.config.timeZone),
          keep || (!options.dryRun && !retired.has(backup)) ? 'keep' : options.dryRun ? 'retire' : 'retired',
          reason,
        ]);
        print(plan.length === 0 ? 'no backups yet' : table(['backup', `slot (${platform.config.timeZone})`, 'plan', 'reason'], rows));
      });
    });
}

async function planOf({ platform }: Session, names: string[]): Promise<{ backup: string; slot: string; keep: boolean; reason: string }[]> {
  const plans = await Promise.all(names.map((name) => planRotation(platform, name)));
  return plans.flat().map(({ backup, keep, reason }) => ({ backup: backup.id, slot: backup.slot, keep, reason: explain(reason) }));
}
