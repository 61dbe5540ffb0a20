import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { type RestoreToInput, toBeRestored } from './declared-target.ts';
import { type TakenDown, takeDown } from './taken-down.ts';

/**
 * Takes down that a backup is to be restored into a declared target, unless that is under way. Throws as
 * `toBeRestored`, and RefusedError if it is being restored into another one.
 */
export async function askToRestore(
  platform: With<'catalogue'>,
  input: Pick<RestoreToInput, 'backup' | 'to' | 'confirmed' | 'by' | 'claimed'>,
): Promise<TakenDown> {
  const { found } = await toBeRestored(platform, input);
  const { there, ...order } = await takeDown(platform, { backup: found, note: 'restoring', author: input, to: input.to });
  if (there && there.to !== input.to) throw new RefusedError(`${found.id} is being restored into ${there.to}; wait until that has ended`);
  return order;
}
