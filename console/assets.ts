import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConsoleApp } from './door.ts';

const types = { 'style.css': 'text/css; charset=utf-8', 'live.js': 'text/javascript; charset=utf-8', 'icon.svg': 'image/svg+xml' };
type Name = keyof typeof types;

/** Files for browsers; they lie beside this file, and beside the bundle of a function. */
const files = new Map(
  (Object.keys(types) as Name[]).map((name) => {
    const content = readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
    return [name, { content, mark: createHash('sha256').update(content).digest('hex').slice(0, 12) }];
  }),
);

/** Address of a file. It changes with the content, so that browsers may keep it for ever. */
export function addressOf(name: Name): string {
  return `/assets/${files.get(name)?.mark}/${name}`;
}

/** Serves them to everybody: they hold nothing about anything. */
export function serveAssets(app: ConsoleApp): void {
  for (const [name, { content }] of files)
    app.get(addressOf(name), (context) => context.body(content, 200, { 'content-type': types[name], 'cache-control': 'public, max-age=31536000, immutable' }));
}
