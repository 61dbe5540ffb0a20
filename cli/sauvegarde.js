#!/usr/bin/env -S node --max-semi-space-size=1
// The flag: blocks of 1 MiB lie outside V8's heap and are freed only when its young generation is full; a small one is
// full soon (docs/performance.md). Sauvegarde needs Node 24 (it runs TypeScript directly and uses node:sqlite); npm
// brings one for machines whose own is older.
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';
import { newerNode, runInstead } from './newer-node.js';

const node = newerNode();
if (node === process.execPath) {
  // calls to a disk that has stopped answering hold a thread each; four are the default, and mails need one too
  process.env.UV_THREADPOOL_SIZE ??= '16';
  // keeps code without its types beside the packages, so that commands start sooner
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/sauvegarde', import.meta.url)));
  await import('./main.ts');
} else {
  runInstead(node, ['--max-semi-space-size=1', fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
