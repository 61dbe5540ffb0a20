import * as z from 'zod';
import { place } from '../place.ts';
import { openedVault, reveal, targetEngines, tools } from '../platform.ts';
import { name, restoreOptions, run, text } from '../shapes.ts';

/** Ports of a restore, in the function and on the larger compute. It records nothing. */
export const ports = { vault: openedVault, tools, reveal, engines: targetEngines, place };

/** Order to dump what a restore replaces, for the run `replaced`. */
export const toDumpReplaced = z.strictObject({ replaced: run, to: text });

/** Restore to make. Names the target, never its address: that is in the configuration beside this, and in a secret. */
export const toRestore = z.strictObject({ backup: run, manifest: name, proof: name.nullable(), to: text, confirmed: text, options: restoreOptions });
