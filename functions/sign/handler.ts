import * as z from 'zod';
import { sign } from '../../core/operations/orders/sign.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, links, vault } from '../platform.ts';
import { name } from '../shapes.ts';

const input = z.strictObject({ backup: name, by: name });

export const ports = { vault, catalogue, links };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: (platform, asked) => sign(platform, { ...asked, claimed: true }),
});
