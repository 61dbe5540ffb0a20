import * as z from 'zod';
import { validate } from '../../core/operations/keeping/validate.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, openedVault, reader, restoreTests } from '../platform.ts';
import { name } from '../shapes.ts';

/**
 * Event of AWS Backup (its developer guide, "Monitoring AWS Backup events using Amazon EventBridge"). The job alone is
 * read from it; AWS Backup tells the rest.
 */
const input = z.object({
  'detail-type': z.literal('Restore Job State Change'),
  source: z.literal('aws.backup'),
  detail: z.object({ restoreJobId: name, status: z.literal('COMPLETED') }),
});

export const ports = { vault: openedVault, catalogue, mailer, notifier, restoreTests, reader };
export const handler = lambda({
  ports,
  parse: (event) => ({ job: parseEvent(input, event).detail.restoreJobId }),
  operation: validate,
});
