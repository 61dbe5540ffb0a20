import type { Command } from 'commander';
import { openMetrics } from '../../core/operations/orders/open-metrics.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { running } from '../running.ts';

export function register(program: Command): void {
  program
    .command('metrics')
    .description('print the figures of status as OpenMetrics text, for Prometheus and the textfile collector of node_exporter')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde metrics\n  sauvegarde metrics > /var/lib/node_exporter/sauvegarde.prom.new && mv /var/lib/node_exporter/sauvegarde.prom.new /var/lib/node_exporter/sauvegarde.prom\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await withHome(options, async (home) => {
        running().stdout.write(openMetrics(await home.carryOut({ action: 'status' })));
      });
    });
}
