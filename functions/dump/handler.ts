import * as z from 'zod';
import { checkDumping } from '../../core/operations/check.ts';
import { dump } from '../../core/operations/dump.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, engines, reveal, tools, vault } from '../platform.ts';
import { check, name, run } from '../shapes.ts';

const input = z.strictObject({ run, execution: name });

export const ports = { vault, catalogue, tools, reveal, engines };
export const handler = lambda({
  ports,
  parse: (event) => (has(event, 'check') ? parseEvent(check, event) : parseEvent(input, event)),
  operation: async (platform, asked, signal) => ('check' in asked ? checkDumping(platform, signal) : dump(platform, asked, signal)),
  measure: (output) => ('seconds' in output ? { DumpSeconds: output.seconds, DumpSize: output.dump.size } : {}),
});
