import * as z from 'zod';
import { storedSchema } from '../../core/documents/stored-object.ts';
import { provenVault, provingEngines, tools } from '../platform.ts';
import { compression, engine, run } from '../shapes.ts';

/** Ports of a proof, in the function and on the larger compute. */
export const ports = { vault: provenVault, tools, engines: provingEngines };

/** Dump to prove. */
export const toProve = z.strictObject({ run, engine, compression, dump: storedSchema.strict(), scan: storedSchema.strict(), onDemand: z.boolean().optional() });
