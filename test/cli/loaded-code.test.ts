import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { project, start } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/free-port.ts';

/** Environment of a process that writes `LOADED FILE`, the file from the root, for each file that it loads. */
function reporting(to: 'stdout' | 'stderr' = 'stderr'): Record<string, string> {
  const hook = join(temporaryFolder(), 'hook.mjs');
  const root = pathToFileURL(join(import.meta.dirname, '../..')).href;
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
     registerHooks({ load: (url, context, next) => {
       if (url.startsWith('${root}')) process.${to}.write('LOADED ' + url.slice(${root.length + 1}) + '\\n');
       return next(url, context);
     } });`,
  );
  return { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` };
}

const loadedIn = (text: string) => [...text.matchAll(/^LOADED (.+)$/gm)].map(([, file = '']) => file);

/** Paths of the modules that these files load when they need them. */
function neededLater(...files: string[]): string[] {
  const root = join(import.meta.dirname, '../..');
  const imports = (file: string) => readFileSync(join(root, file), 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g);
  return files.flatMap((file) => [...imports(file)].map(([, path = '']) => join(dirname(file), path)));
}

describe('a command loads what it needs', () => {
  it('--version neither the configuration nor a command', async () => {
    const { stdout, stderr } = await start(temporaryFolder(), ['--version'], { env: reporting() }).ended;
    expect(stdout).toMatch(/^\d/);
    expect(loadedIn(stderr)).toContain('cli/run.ts');
    expect(loadedIn(stderr).filter((file) => /^(cli\/commands|core\/config|node_modules\/(?!commander\/))/.test(file))).toEqual([]);
  });

  it('list neither engines nor their programs, mail or other commands', async () => {
    const { status, stderr } = await start(project(), ['list'], { env: reporting() }).ended;
    expect(status).toBe(0);
    const loaded = loadedIn(stderr);
    expect(loaded.filter((file) => file.startsWith('cli/commands/'))).toEqual(['cli/commands/list.ts']);
    expect(loaded).toContain('core/config/config.ts');
    expect(loaded.filter((file) => /\/engine\.ts$|layers\/layers|nodemailer|local\/workflow/.test(file))).toEqual([]);
  });

  it('backup the engine of the database', async () => {
    const { status, stderr } = await start(project(), ['backup'], { env: reporting() }).ended;
    expect(status).toBe(0);
    expect(loadedIn(stderr).filter((file) => /^core\/engines\/\w+\/engine\.ts$/.test(file))).toEqual(['core/engines/sqlite/engine.ts']);
  });
});

it('a process that stays has loaded everything before its first backup, as an update may replace the files', async () => {
  const console = { port: await freePort() };
  const folder = project({ administrators: ['admin@example.org'], local: { vault: 'vault', state: 'state', console } });
  const running = start(folder, ['local'], { env: reporting('stdout') });
  await running.until(/^ {2}proof {4}proven/m);
  process.kill(running.pid, 'SIGINT');
  const { stdout } = await running.ended;
  expect(stdout).toMatch(/stopped\n$/);
  const [before = '', after] = stdout.split(/^.*Ctrl-C stops$/m);
  expect(loadedIn(before)).toEqual(expect.arrayContaining(['local/workflow.ts', 'core/engines/sqlite/engine.ts', expect.stringContaining('nodemailer')]));
  expect(loadedIn(after ?? 'LOADED nothing was started')).toEqual([]);
  // a backup does not need them, the console does
  expect(loadedIn(before)).toEqual(expect.arrayContaining(neededLater('local/home.ts', 'local/open-platform.ts', 'core/operations/orders/orders.ts')));
});
