import { whyNotRun } from '../../layers/emulator.ts';
import { ownArchitecture } from '../../layers/recipe/architecture.ts';

const architecture = ownArchitecture();

/** Why tests let nothing run in an empty root here; empty when they do. */
export const emptyRootAbsence = architecture === undefined ? `There are no programs for ${process.arch}.` : (whyNotRun(architecture) ?? '');
