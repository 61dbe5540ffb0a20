import { mounted, place } from '../place.ts';
import { catalogue, dumpingEngines, reveal, tools, vault } from '../platform.ts';

/** Ports of a dump, in the function and on the larger compute. */
export const ports = { vault, catalogue, tools, reveal, engines: dumpingEngines, place, mounted };
