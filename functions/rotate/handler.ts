import * as z from 'zod';
import { rotate } from '../../core/operations/keeping/rotate.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { database, name } from '../shapes.ts';

const input = z.strictObject({ database, by: name, claimed: z.boolean().optional() });

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: (platform, asked) => rotate(platform, { ...asked, claimed: true }),
  measure: ({ retired }) => ({ BackupsRetired: retired.length }),
});
