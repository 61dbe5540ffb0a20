import * as z from 'zod';
import { sign, signFiles } from '../../core/operations/orders/sign.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, links, vault } from '../platform.ts';
import { name } from '../shapes.ts';

/** With `whole`, every file that is needed to open the backup gets an address, not its dump alone. */
const input = z.strictObject({ backup: name, by: name, whole: z.boolean().default(false) });

export const ports = { vault, catalogue, links };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: (platform, { whole, ...asked }): Promise<object> => (whole ? signFiles : sign)(platform, { ...asked, claimed: true }),
});
