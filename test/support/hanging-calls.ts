import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';

type Call = (...words: unknown[]) => unknown;

const all = ['open', 'stat', 'statfs', 'readdir', 'mkdir', 'rename', 'rm', 'utimes'] as const;

/**
 * Lets calls of this process on paths with this beginning wait, as on a network file system whose server is gone; with
 * `streams`, only those that open a stream and look at the beginning itself. Returns what lets them go on.
 */
export function hangingCalls(beginning: string, { streams = false } = {}): () => void {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const promises = fs.promises as unknown as Record<string, Call>;
  const originals = all.map((name) => [name, promises[name] as Call] as const);
  for (const [name, original] of originals)
    promises[name] = async (...words) => {
      const path = String(words[0]);
      if (streams ? path === beginning : path.startsWith(beginning)) await released;
      return original(...words);
    };
  const calls = fs as unknown as { open: Call };
  const { open } = calls;
  calls.open = (...words) => void (String(words[0]).startsWith(beginning) ? released : Promise.resolve()).then(() => open(...words));
  syncBuiltinESMExports();
  const end = () => {
    for (const [name, original] of originals) promises[name] = original;
    calls.open = open;
    syncBuiltinESMExports();
    release();
  };
  onTestFinished(end);
  return end;
}
