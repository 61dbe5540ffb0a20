import * as z from 'zod';
import { sweepAndTell } from '../../core/operations/keeping/sweep.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { name } from '../shapes.ts';

const input = z.strictObject({ by: name, dryRun: z.boolean().default(false) });

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: (platform, { by, dryRun }) => sweepAndTell(platform, { by, claimed: true, dryRun }),
});
