import * as z from 'zod';
import type { Backup } from '../../core/catalogue/backups.ts';
import { clearRetired, retireByOrder, rotate } from '../../core/operations/keeping/rotate.ts';
import type { RotateOutput } from '../../core/workflow/rotation.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { database, name } from '../shapes.ts';

const author = { by: name, claimed: z.boolean().optional() };
const toRotate = z.strictObject({ database, ...author });
const toRetire = z.strictObject({ backup: name, ...author });
const toClear = z.strictObject({ clear: name });

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse: (event) => {
    if (has(event, 'clear')) return parseEvent(toClear, event);
    return has(event, 'backup') ? parseEvent(toRetire, event) : parseEvent(toRotate, event);
  },
  operation: async (platform, asked): Promise<RotateOutput | Backup | null> => {
    if ('clear' in asked) return clearRetired(platform, asked).then(() => null);
    return 'backup' in asked ? retireByOrder(platform, { ...asked, claimed: true }) : rotate(platform, { ...asked, claimed: true });
  },
  measure: (output) => (output ? { BackupsRetired: 'retired' in output ? output.retired.length : 1 } : {}),
});
