import * as z from 'zod';
import { carryOut } from '../../core/operations/orders/orders.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, rotation, vault } from '../platform.ts';
import { database, name, text } from '../shapes.ts';

const ofDatabase = { database: database.optional() };
const ofBackup = { backup: name, by: name };
const order = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('list'), ...ofDatabase, all: z.boolean().default(false) }),
    z.strictObject({ action: z.literal('runs'), ...ofDatabase }),
    z.strictObject({ action: z.literal('plan'), ...ofDatabase }),
    z.strictObject({ action: z.literal('show'), backup: name }),
    z.strictObject({ action: z.literal('hold'), ...ofBackup, reason: text.default('') }),
    z.strictObject({ action: z.literal('release'), ...ofBackup }),
    z.strictObject({ action: z.literal('unretire'), ...ofBackup }),
    z.strictObject({ action: z.literal('rotate'), ...ofDatabase, by: name }),
  ],
  { error: 'write "list", "runs", "plan", "show", "hold", "release", "unretire" or "rotate"' },
);

/** Ports of administration. It may bring back but not retire: only the function `rotate` retires. */
export const ports = { vault, catalogue, rotation };
export const handler = lambda({ ports, parse: (event) => parseEvent(order, event), operation: carryOut });
