import * as z from 'zod';
import type { Config } from '../../core/config/config.ts';
import { UnexpectedError } from '../../core/errors.ts';
import type { SesMailer } from '../../core/mail/ses.ts';
import { type Surroundings, watch } from '../../core/operations/keeping/watch.ts';
import { tried } from '../../core/operations/orders/check.ts';
import { testAlert } from '../../core/operations/orders/test-alert.ts';
import { awsLimits } from '../../core/policy/aws-limits.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { emit, emitOfStack } from '../metrics.ts';
import { catalogue, executions, mailer, notifier, vault } from '../platform.ts';

const { buildMinutes, buildScratchGib } = awsLimits;

/** The limits of a stack. A bucket is never full, and the authorities of RDS come with the bundle. */
const surroundings: Surroundings = {
  limits: { dumpSeconds: buildMinutes * 60, proofSeconds: buildMinutes * 60, scratchBytes: buildScratchGib * 2 ** 30 },
  free: undefined,
  expiries: [],
};

/**
 * Its schedule gives it nothing. A person may ask it to try every way of telling people instead, or to check, without
 * sending anything, whether mails would be taken.
 */
const input = z.strictObject({ test: z.literal(true).optional(), check: z.literal(true).optional() });

function checkMail({ config, mailer }: { config: Config; mailer: SesMailer }): Promise<string> {
  return mailer.check({ from: config.sender, to: config.administrators });
}

export const ports = { vault, catalogue, mailer, notifier, executions };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: async (platform, { check, test }) => {
    if (check) return { findings: [await tried('mail', () => checkMail(platform))], failed: [] };
    if (test) return { delivered: await testAlert(platform), failed: [] };
    const output = await watch(platform, surroundings);
    for (const [database, { age, incidents }] of Object.entries(output.databases))
      emit(database, { OpenIncidents: incidents, ...(age !== undefined && { LastGoodAge: age }) });
    emitOfStack({ Watched: 1, OverdueDatabases: output.overdue.length });
    return output;
  },
  check: ({ failed }) => {
    if (failed.length > 0) throw new UnexpectedError(`watching failed for ${failed.join(', ')}; the lines before say why. It is tried again in an hour`);
  },
});
