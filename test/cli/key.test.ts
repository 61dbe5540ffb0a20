import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configure, project, sauvegarde, start } from '../support/cli.ts';

it('makes a key, encrypts for it, and opens with it alone', async () => {
  const folder = project();
  const key = join(folder, 'key.txt');
  const made = await sauvegarde(folder, ['key', 'new', key]);
  expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^age1[a-z0-9]{58}\n$/) });
  const recipient = made.stdout.trim();
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const secret = /AGE-SECRET-KEY-1\S+/.exec(readFileSync(key, 'utf8'))?.[0] ?? '';
  expect(secret).not.toBe('');
  expect(await sauvegarde(folder, ['key', 'new', key])).toMatchObject({ status: 1, stderr: expect.stringContaining('already exists; nothing was changed') });
  await sauvegarde(folder, ['key', 'new', join(folder, 'other.txt')]);
  configure(folder, { encryption: { recipients: [recipient] } });

  const said = [await sauvegarde(folder, ['backup', 'app'])];
  const run = async (...words: string[]) => {
    const ended = await sauvegarde(folder, words);
    said.push(ended);
    return ended;
  };
  const shown = await run('show', 'app');
  expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining(`as age does, for ${recipient}`) });
  expect(shown.stdout).toMatch(
    /proof +proven[\s\S]*bytes before their encryption[\s\S]*age -d -i key\.txt -o manual_backup_\S+\.zst manual_backup_\S+\.zst\.age/,
  );
  expect(shown.stdout).not.toContain('person');
  expect((await run('show', 'app', '--identity', key)).stdout).toContain('person');

  expect(await run('key', 'check')).toMatchObject({ status: 0, stdout: expect.stringContaining('no identity is known here') });
  expect(await run('key', 'check', '--identity', key)).toMatchObject({ status: 0, stdout: expect.stringMatching(/opens a test file[\s\S]*opens app-/) });
  const wrong = await run('key', 'check', '--identity', join(folder, 'other.txt'));
  expect(wrong).toMatchObject({ status: 1, stdout: expect.stringMatching(/WRONG +identity +a test file is encrypted for/) });
  expect((await run('doctor', '--identity', key)).stdout).toMatch(/ok +identity +opens a test file/);

  expect(await run('download', 'app', join(folder, 'dump.age'))).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('age -d -i key.txt -o manual_backup'),
  });
  const into = join(folder, 'restored.sqlite3');
  const refused = await run('restore', 'app', '--into', into);
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/no identity is known here[\s\S]*--identity FILE/) });
  expect(await run('restore', 'app', '--into', into, '--identity', key)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('equal to what was backed up'),
  });
  const opened = (...words: string[]) => start(folder, ['open', 'app', ...words]).ended;
  expect(await opened()).toMatchObject({ status: 2, stderr: expect.stringMatching(/no identity is known here[\s\S]*--identity FILE/) });
  expect(JSON.parse((await opened('--json', '--identity', key)).stdout)).toMatchObject({ tables: 3, rows: 103 });
  expect(await run('verify', 'app', '--identity', key)).toMatchObject({ status: 0, stdout: expect.stringContaining('proven') });
  expect(await run('list', '--stack', 'x', '--identity', key)).toMatchObject({ status: 2, stderr: expect.stringContaining('a stack has its own') });
  expect(said.map(({ stdout, stderr }) => stdout + stderr).join('\n')).not.toContain(secret);
});
