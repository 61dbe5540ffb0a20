import * as z from 'zod';
import { type RebuildOutput, rebuildByOrder } from '../../core/operations/keeping/rebuild.ts';
import { type SweepOutput, sweepAndTell } from '../../core/operations/keeping/sweep.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { name } from '../shapes.ts';

const toSweep = z.strictObject({ by: name, dryRun: z.boolean().default(false) });
const toRebuild = z.strictObject({ by: name, rebuild: z.literal(true), beginsAgain: z.boolean().default(false) });

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse: (event) => (has(event, 'rebuild') ? parseEvent(toRebuild, event) : parseEvent(toSweep, event)),
  operation: (platform, asked): Promise<SweepOutput | RebuildOutput> =>
    'rebuild' in asked
      ? rebuildByOrder(platform, { by: asked.by, claimed: true, beginsAgain: asked.beginsAgain })
      : sweepAndTell(platform, { ...asked, claimed: true }),
});
