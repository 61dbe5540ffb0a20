import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

/**
 * Makes an empty disk of this many mebibytes and, if given, this many files and links (its root is one), which is gone
 * when the test has finished. Throws if this user may not mount one.
 */
export function smallDisk(mebibytes: number, links?: number): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700${links === undefined ? '' : `,nr_inodes=${links}`}`, 'none', folder], {
    stdio: 'pipe',
  });
  onTestFinished(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}

/** Returns true if `smallDisk` works: for root outside a container without rights. */
export function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
