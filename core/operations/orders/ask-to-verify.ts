import type { With } from '../../platform.ts';
import { type TakenDown, takeDown } from './taken-down.ts';
import { toBeVerified, type VerifyInput } from './to-be-verified.ts';

/** Takes down that a backup is to be proven, unless it is being proven. Throws as `toBeVerified`. */
export async function askToVerify(platform: With<'catalogue'>, input: VerifyInput): Promise<TakenDown> {
  const { there: _, ...order } = await takeDown(platform, { backup: await toBeVerified(platform, input), note: 'verifying', author: input });
  return order;
}
