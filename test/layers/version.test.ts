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
  for (const a of versions)
    for (const b of versions) {
      const { status } = spawnSync('dpkg', ['--compare-versions', a, 'lt', b]);
      expect(`${a} < ${b}: ${compareVersions(a, b) < 0}`).toBe(`${a} < ${b}: ${status === 0}`);
    }
});
