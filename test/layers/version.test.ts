import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { compareVersions } from '../../layers/recipe/version.ts';

const versions = [
  '0',
  '1.0',
  '1.0-1',
  '1.0-1+b2',
  '1.0-1~deb12u1',
  '1.0~rc1-1',
  '1.0~~',
  '1.0a-1',
  '1.0+dfsg-1',
  '1.0.1-1',
  '1.10-1',
  '1.9-1',
  '2:0.1-1',
  '1:9',
  '18.6-3',
  '18.10-1',
  '1.0-0',
  '1.00-1',
  '1.0-1-1',
  'a',
  '3.0.19-1~deb12u2',
];

it('compares versions as dpkg does', () => {
  // a shell starts them, which is smaller than this process: each start copies page tables
  const script = 'for a; do for b; do dpkg --compare-versions "$a" lt "$b"; echo "$a < $b: $?"; done; done';
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...versions], { encoding: 'utf8' });
  const ours = versions.flatMap((a) => versions.map((b) => `${a} < ${b}: ${compareVersions(a, b) < 0 ? 0 : 1}`));
  expect(stdout.trimEnd().split('\n')).toEqual(ours);
});
