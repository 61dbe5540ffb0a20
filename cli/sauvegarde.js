#!/usr/bin/env -S node --max-semi-space-size=1
// The flag: blocks of 1 MiB lie outside V8's heap and are freed only when its young generation is full; a small one is full soon (docs/performance.md).
// Sauvegarde needs Node 24 (it runs TypeScript directly and uses node:sqlite); npm brings one for machines whose own is older.
import { spawn } from 'node:child_process';
import * as module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // code without its types is kept beside the packages, so that commands start sooner
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/sauvegarde', import.meta.url)));
  await import('./main.ts');
} else {
  const child = spawn(newerNode(), ['--max-semi-space-size=1', fileURLToPath(new URL('./sauvegarde.js', import.meta.url)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // the child decides when to end; it takes a signal that reaches it twice, from a terminal and from here, for one
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}

function newerNode() {
  try {
    return module.createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    console.error(
      `Sauvegarde needs Node 24 or newer; this is ${process.version}, and npm has none for ${process.platform}-${process.arch}. Install Node 24, or run "npm ci" again.`,
    );
    process.exit(2);
  }
}
