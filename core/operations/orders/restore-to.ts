import type { With } from '../../platform.ts';
import { engineOf } from '../backup/engine-of.ts';
import { type RestoreToInput, toBeRestored } from './declared-target.ts';
import { type RestoreOutput, restore } from './restore.ts';

/** Restores a backup into a target of the configuration, as `restore` does. Throws as `toBeRestored` and `restore`. */
export async function restoreTo(
  platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  { confirmed, to, ...input }: RestoreToInput,
  signal: AbortSignal,
): Promise<RestoreOutput> {
  const { by, claimed, backup } = input;
  const { found, target } = await toBeRestored(platform, { backup, by, claimed, confirmed, to });
  const into = await engineOf(platform, target.engine).addressOf(target, (reference) => platform.reveal(reference));
  return restore(platform, { ...input, backup: found.id, into }, signal);
}
