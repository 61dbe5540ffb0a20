import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Architecture, ownArchitecture } from './recipe/architecture.ts';

const emulators: Record<Architecture, string> = { x64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' };

/**
 * Returns the emulator that programs of an architecture need here: `undefined` if they need none, `'none'` if there is
 * none. It must be static, because the root is empty.
 */
export function emulatorFor(architecture: Architecture): string | undefined | 'none' {
  if (architecture === ownArchitecture()) return undefined;
  const found = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, emulators[architecture]));
  return found.find((path) => existsSync(path)) ?? 'none';
}

/**
 * Explains why programs of an architecture cannot run here in an empty root, and the remedy; `undefined` if they can.
 */
export function whyNotRun(architecture: Architecture): string | undefined {
  if (emulatorFor(architecture) === 'none')
    return `they are for ${architecture}, and ${emulators[architecture]} is not on PATH (Debian's package qemu-user-static)`;
  mayMakeRoot ??= process.getuid?.() === 0 || spawnSync('/usr/bin/unshare', ['--user', '--map-user=1', '--map-group=1', '--root=/', '/bin/true']).status === 0;
  return mayMakeRoot
    ? undefined
    : 'this user may make no user namespace: in a chroot nobody may, elsewhere see the sysctls kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns';
}

/** Undefined until it was tried. */
let mayMakeRoot: boolean | undefined;
