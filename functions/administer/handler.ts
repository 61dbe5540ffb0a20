import * as z from 'zod';
import { verdictSchema } from '../../core/documents/proof.ts';
import { carryOut } from '../../core/operations/orders/orders.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, openedVault, rotation } from '../platform.ts';
import { database, instant, kind, name, text } from '../shapes.ts';

/** Questions need no author. */
const ofAnybody = { by: name.optional() };
const ofDatabase = { database: database.optional() };
/** Limited because a function may answer with 6 MB: 500 records have some 400 KB, and with long errors a few MB. */
const paging = { after: text.optional(), limit: z.int().min(1).max(500).optional() };
/** Days that an answer looks back or ahead. */
const days = z.int().min(1).max(90);
const ofBackup = { backup: name, by: name };
const order = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('names'), ...ofAnybody }),
    z.strictObject({ action: z.literal('targets'), ...ofAnybody }),
    z.strictObject({ action: z.literal('list'), ...ofAnybody, ...ofDatabase, ...paging, all: z.boolean().default(false) }),
    z.strictObject({
      action: z.literal('search'),
      ...ofAnybody,
      ...ofDatabase,
      ...paging,
      status: z.enum(['published', 'retired', 'missing']).optional(),
      verdict: verdictSchema.optional(),
      kind: kind.optional(),
      held: z.boolean().optional(),
      from: instant.optional(),
      until: instant.optional(),
      text: text.optional(),
    }),
    z.strictObject({ action: z.literal('runs'), ...ofAnybody, ...ofDatabase, ...paging, status: z.enum(['running', 'succeeded', 'failed']).optional() }),
    z.strictObject({ action: z.literal('run'), ...ofAnybody, run: name }),
    z.strictObject({ action: z.literal('plan'), ...ofAnybody, ...ofDatabase }),
    z.strictObject({
      action: z.literal('audit'),
      ...ofAnybody,
      ...ofDatabase,
      ...paging,
      author: name.optional(),
      subject: text.optional(),
      since: instant.optional(),
      until: instant.optional(),
    }),
    z.strictObject({ action: z.literal('verifyAudit'), ...ofAnybody }),
    z.strictObject({ action: z.literal('status'), ...ofAnybody }),
    z.strictObject({ action: z.literal('show'), ...ofAnybody, backup: name, optional: z.boolean().default(false) }),
    z.strictObject({ action: z.literal('changes'), ...ofAnybody, backup: name }),
    z.strictObject({ action: z.literal('diff'), ...ofAnybody, backup: name, other: name }),
    z.strictObject({ action: z.literal('overview'), ...ofAnybody, ...ofDatabase, days }),
    z.strictObject({ action: z.literal('usual'), ...ofAnybody, database }),
    z.strictObject({ action: z.literal('agenda'), ...ofAnybody, days }),
    z.strictObject({ action: z.literal('incidents'), ...ofAnybody, ended: z.int().min(0).max(500) }),
    z.strictObject({ action: z.literal('hold'), ...ofBackup, reason: text.default('') }),
    z.strictObject({ action: z.literal('release'), ...ofBackup }),
    z.strictObject({ action: z.literal('retire'), ...ofBackup }),
    z.strictObject({ action: z.literal('unretire'), ...ofBackup }),
    z.strictObject({ action: z.literal('rotate'), ...ofDatabase, by: name }),
    z.strictObject({ action: z.literal('accept'), database, by: name }),
    z.strictObject({ action: z.literal('reserve'), database, by: name }),
    z.strictObject({ action: z.literal('askToVerify'), ...ofBackup }),
    z.strictObject({ action: z.literal('askToRestore'), ...ofBackup, to: text, confirmed: text }),
    z.strictObject({ action: z.literal('access'), event: z.enum(['signed-in', 'signed-out', 'sign-in-refused']), detail: text.default(''), by: name }),
  ],
  { error: 'write the name of an order such as "list", "show" or "hold"' },
);

/** Ports of administration. It may bring back but not retire: only the function `rotate` retires. */
export const ports = { vault: openedVault, catalogue, rotation };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(order, event),
  operation: (platform, { by = 'unknown', ...asked }) => carryOut(platform, asked, { by, claimed: true }),
});
