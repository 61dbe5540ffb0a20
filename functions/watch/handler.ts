import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { reasonOf, UnexpectedError } from '../../core/errors.ts';
import { askAgain, unconfirmed } from '../../core/operations/keeping/confirmations.ts';
import { watchReplication } from '../../core/operations/keeping/replicated.ts';
import { type Surroundings, watch } from '../../core/operations/keeping/watch.ts';
import { checkChannels } from '../../core/operations/orders/check-channels.ts';
import { testAlert } from '../../core/operations/orders/test-alert.ts';
import { awsLimits } from '../../core/policy/aws-limits.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { emit, emitOfStack } from '../metrics.ts';
import { catalogue, channels, executions, mailer, notifier, openedVault, replication } from '../platform.ts';

const { buildMinutes, buildScratchGib } = awsLimits;

/** The limits of a stack. A bucket is never full, and the authorities of RDS come with the bundle. */
const surroundings: Surroundings = {
  limits: { dumpSeconds: buildMinutes * 60, proofSeconds: buildMinutes * 60, scratchBytes: buildScratchGib * 2 ** 30 },
  free: undefined,
  expiries: [],
};

/** Longest time for looking at confirmations, in milliseconds: SNS or SES must not keep the rest from being watched. */
const mostForLooking = 30_000;

/** Its schedule gives it nothing. A person may ask it to try or to check every way of telling people instead. */
const input = z.strictObject({ test: z.literal(true).optional(), check: z.literal(true).optional() });

export const ports = { vault: openedVault, catalogue, mailer, notifier, executions, channels, replication };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: async (platform, { check, test }) => {
    if (test) return { delivered: await testAlert(platform), failed: [] };
    if (check) return { findings: await checkChannels(platform), failed: [] };
    const begun = platform.clock.now();
    const looked = unconfirmed(platform.channels).catch((error: unknown) => {
      platform.log.error(`whether every address is confirmed cannot be asked: ${reasonOf(error).message}`);
      return undefined;
    });
    const pending = await Promise.race([looked, setTimeout(mostForLooking, undefined, { ref: false })]);
    const output = await watch(platform, { ...surroundings, unconfirmed: pending?.map(({ address }) => address) });
    const { replication: copies } = platform;
    if (copies)
      await watchReplication(platform, copies).catch((error: unknown) => {
        platform.log.error(`whether the copy is up to date cannot be seen: ${reasonOf(error).message}`);
        output.failed.push('copy');
      });
    for (const [database, { age, incidents }] of Object.entries(output.databases))
      emit(database, { OpenIncidents: incidents, Overdue: output.overdue.includes(database) ? 1 : 0, ...(age !== undefined && { LastGoodAge: age }) });
    emitOfStack({ Watched: 1, OverdueDatabases: output.overdue.length });
    if (pending && pending.length > 0)
      await askAgain(platform, pending, begun).catch((error: unknown) => {
        platform.log.error(`confirmations cannot be asked for again: ${reasonOf(error).message}`);
        output.failed.push('confirmations');
      });
    return output;
  },
  check: ({ failed }) => {
    if (failed.length > 0) throw new UnexpectedError(`watching failed for ${failed.join(', ')}; the lines before say why. It is tried again in an hour`);
  },
});
