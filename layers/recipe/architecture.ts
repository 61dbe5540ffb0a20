/** An architecture by Node's name for it. */
export type Architecture = 'x64' | 'arm64';

export const architectures: readonly Architecture[] = ['x64', 'arm64'];

/**
 * The same architecture in the words of Debian packages, of Debian's library folders, and of ELF headers (`e_machine`).
 */
export const dialects: Record<Architecture, { debian: string; triplet: string; machine: number }> = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu', machine: 62 },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu', machine: 183 },
};

/** This machine's architecture, when there are programs for it. */
export function ownArchitecture(): Architecture | undefined {
  return architectures.find((each) => each === process.arch);
}
