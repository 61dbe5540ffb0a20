import { catalogue, engines, reveal, tools, vault } from '../platform.ts';

/** What a dump may use, in the function and on the larger compute. */
export const ports = { vault, catalogue, tools, reveal, engines };
