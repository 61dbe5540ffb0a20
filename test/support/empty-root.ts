import { whyNotRun } from '../../layers/emulator.ts';
import { ownArchitecture } from '../../layers/recipe/architecture.ts';

const architecture = ownArchitecture();

/** Reason why tests run nothing in an empty root here; empty if they do. */
export const emptyRootAbsence = architecture === undefined ? `There are no programs for ${process.arch}.` : (whyNotRun(architecture) ?? '');
