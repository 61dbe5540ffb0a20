import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Architecture, ownArchitecture } from './recipe/architecture.ts';

const emulators: Record<Architecture, string> = { x64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' };

/** The emulator that programs of an architecture need here: `undefined` when they need none, `'none'` when there is none. It must be static, as the root is empty. */
export function emulatorFor(architecture: Architecture): string | undefined | 'none' {
  if (architecture === ownArchitecture()) return undefined;
  const found = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, emulators[architecture]));
  return found.find((path) => existsSync(path)) ?? 'none';
}

/** Why programs of an architecture are not run here, and what would change it; `undefined` when they are. */
export function whyNotRun(architecture: Architecture): string | undefined {
  return emulatorFor(architecture) === 'none'
    ? `they are for ${architecture}, and ${emulators[architecture]} is not on PATH (Debian's package qemu-user-static)`
    : undefined;
}
