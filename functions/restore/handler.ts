import * as z from 'zod';
import { type RestoreStep, restoreInto } from '../../core/operations/orders/restore-apart.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { openedVault, reveal, targetEngines, tools } from '../platform.ts';
import { name, restoreOptions, run, text } from '../shapes.ts';

/** Names the target, never its address: that is in the configuration beside this function, and in a secret. */
const input = z.strictObject({ backup: run, manifest: name, proof: name.nullable(), to: text, confirmed: text, options: restoreOptions });

/** Ports of a restore. It records nothing. */
export const ports = { vault: openedVault, tools, reveal, engines: targetEngines };
export const handler = lambda({
  ports,
  parse: (event): RestoreStep => parseEvent(input, event),
  operation: restoreInto,
});
