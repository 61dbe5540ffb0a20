import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';

const root = resolve(import.meta.dirname, '../..');
const lacking = /the tests need programs that this machine lacks: openssl, gpgv or sqv, .*\. On Debian: apt install openssl gpgv /;
const run = (words: string[], env: NodeJS.ProcessEnv) => spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });

it.each<[string, string[]]>([
  ['continuous integration', ['test/support/requirements.js']],
  ['the test command', ['node_modules/vitest/vitest.mjs', 'run', 'test/core/mail/ses.test.ts']],
])('%s names what a machine lacks before it does anything', (_, words) => {
  const { status, stdout, stderr } = run(words, { PATH: temporaryFolder() });
  expect(status).toBe(1);
  expect(stdout + stderr).toMatch(lacking);
  expect(stdout).not.toMatch(/[1-9]\d* passed/);
});

it('nothing is said when nothing lacks', () => {
  expect(run([join(root, 'test/support/requirements.js')], {})).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
