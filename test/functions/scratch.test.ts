import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../functions/scratch.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Makes the temporary folder of a function whose process was killed in the middle of a proof. */
function leftBehind(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sauvegarde-scratch/postgres-x1y2z3/data'), { recursive: true });
  mkdirSync(join(folder, 'sauvegarde-output-17-a1b2c3'));
  mkdirSync(join(folder, 'of-an-extension'));
  writeFileSync(join(folder, 'sauvegarde-scratch/postgres-x1y2z3/data/base'), 'half a database');
  return folder;
}

it('a new process of a function finds nothing of the one that was killed, and leaves to others what is theirs', () => {
  const temporary = leftBehind();
  const scratch = scratchFolder(temporary, { code: '/var/task', taskRoot: '/var/task' });
  expect(scratch).toBe(join(temporary, 'sauvegarde-scratch'));
  expect(readdirSync(temporary).sort()).toEqual(['of-an-extension', 'sauvegarde-scratch']);
  expect(readdirSync(scratch)).toEqual([]);
});

it.each(['/var/task', undefined])('nothing is removed where the code is not where Lambda unpacks it (%s): others work there', (taskRoot) => {
  const temporary = leftBehind();
  expect(scratchFolder(temporary, { code: '/home/somebody/sauvegarde', taskRoot })).toBe(temporary);
  expect(readdirSync(temporary)).toHaveLength(3);
  expect(readdirSync(join(temporary, 'sauvegarde-scratch'))).toHaveLength(1);
});
