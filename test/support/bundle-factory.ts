import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Import at the beginning of a statement, as esbuild writes it, or as the banner does. */
const importing = /(?<=^|[;}\n])import\b[\w$*{}, ]*(["'])[^"'\n]+\1;/g;
const exporting = /export\{([^}]+)\};(?=\n\/\/# sourceMappingURL=)/;

/**
 * Returns a module whose default export runs a bundle's code from its beginning, as if Node had loaded the file again
 * with this `import.meta`, and returns what the bundle exports. Node compiles the code once for all, which is most of
 * the work, and a run that nobody uses any more leaves no memory behind. Every line and column but those of the banner
 * stays where it was, so the bundle's map holds. Throws if the code is not as esbuild writes it.
 */
export function factoryOf(code: string): string {
  const imports: string[] = [];
  const body = code
    .replaceAll(importing, (statement) => {
      imports.push(statement);
      return ' '.repeat(statement.length);
    })
    .replaceAll('import.meta', 'import_meta');
  if (!exporting.test(body)) throw new Error('the bundle does not end with its exports and the name of its map');
  const returning = (_: string, names: string) => `return{${names.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2:$1')}}};${imports.join('')}`;
  return `export default import_meta=>{${body.replace(exporting, returning)}`;
}

/** Writes the factory of a bundle's handler into a folder, with what it is looked up with there. */
export function writeFactory(bundle: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'handler.mjs'), factoryOf(readFileSync(join(bundle, 'handler.mjs'), 'utf8')));
  for (const name of ['handler.mjs.map', 'node_modules'])
    if (lstatSync(join(bundle, name), { throwIfNoEntry: false })) symlinkSync(join(bundle, name), join(folder, name));
}
