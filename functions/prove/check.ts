import type * as z from 'zod';
import { checkProving, type Finding } from '../../core/operations/orders/check.ts';
import { checkIdentity } from '../../core/operations/orders/check-keys.ts';
import type { With } from '../../core/platform.ts';
import type { check } from '../shapes.ts';

/** Checks what proofs need here. */
export async function checkHere(
  platform: With<'vault' | 'tools' | 'scratch' | 'engines'>,
  asked: z.output<typeof check>,
  signal: AbortSignal,
): Promise<Finding[]> {
  return [...(await checkProving(platform, signal, asked)), ...(platform.config.encryption ? await checkIdentity(platform) : [])];
}
