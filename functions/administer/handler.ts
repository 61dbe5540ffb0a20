import * as z from 'zod';
import { carryOut } from '../../core/operations/orders/orders.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, rotation, vault } from '../platform.ts';
import { database, name, text } from '../shapes.ts';

/** Questions need no author. */
const ofAnybody = { by: name.optional() };
const ofDatabase = { database: database.optional() };
/** Limited because a function may answer with 6 MB: 500 records have some 400 KB, and with long errors a few MB. */
const paging = { after: text.optional(), limit: z.int().min(1).max(500).optional() };
const ofBackup = { backup: name, by: name };
const order = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('list'), ...ofAnybody, ...ofDatabase, ...paging, all: z.boolean().default(false) }),
    z.strictObject({ action: z.literal('runs'), ...ofAnybody, ...ofDatabase, ...paging }),
    z.strictObject({ action: z.literal('plan'), ...ofAnybody, ...ofDatabase }),
    z.strictObject({ action: z.literal('status'), ...ofAnybody }),
    z.strictObject({ action: z.literal('show'), ...ofAnybody, backup: name }),
    z.strictObject({ action: z.literal('hold'), ...ofBackup, reason: text.default('') }),
    z.strictObject({ action: z.literal('release'), ...ofBackup }),
    z.strictObject({ action: z.literal('unretire'), ...ofBackup }),
    z.strictObject({ action: z.literal('rotate'), ...ofDatabase, by: name }),
  ],
  { error: 'write "list", "runs", "plan", "status", "show", "hold", "release", "unretire" or "rotate"' },
);

/** Ports of administration. It may bring back but not retire: only the function `rotate` retires. */
export const ports = { vault, catalogue, rotation };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(order, event),
  operation: (platform, { by = 'unknown', ...asked }) => carryOut(platform, asked, { by, claimed: true }),
});
