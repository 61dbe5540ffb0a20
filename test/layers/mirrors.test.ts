import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MirrorUnreachableError } from '../../layers/recipe/errors.ts';
import { debianMirrors } from '../../layers/recipe/mirrors.ts';
import { temporaryFolder } from '../support/folder.ts';

/** A folder like /etc/apt with these files. */
function apt(files: Record<string, string>): string {
  const etc = temporaryFolder();
  mkdirSync(join(etc, 'sources.list.d'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(etc, name), content);
  return etc;
}

describe('mirrors', () => {
  it.each([
    ['one line', { 'sources.list': 'deb http://one.example/debian bookworm main\n' }, ['http://one.example/debian']],
    [
      'options and a comment',
      { 'sources.list': '# deb http://no.example/debian sid main\n deb [arch=amd64 signed-by=/k.gpg] https://one.example/debian/ sid main contrib # why\n' },
      ['https://one.example/debian'],
    ],
    ['sources only', { 'sources.list': 'deb-src http://no.example/debian bookworm main\n' }, []],
    [
      'deb822',
      {
        'sources.list.d/debian.sources':
          'Types: deb deb-src\nURIs: http://one.example/debian http://two.example/debian\nSuites: trixie trixie-updates\nComponents: main\n',
      },
      ['http://one.example/debian', 'http://two.example/debian'],
    ],
    [
      'deb822, continued lines, comments, small letters',
      { 'sources.list.d/debian.sources': '# why\ntypes: deb\n# why\nuris:\n http://one.example/debian\nSuites: trixie\nComponents: contrib\n main\n' },
      ['http://one.example/debian'],
    ],
    [
      'deb822, switched off',
      { 'sources.list.d/debian.sources': 'Enabled: no\nTypes: deb\nURIs: http://no.example/debian\nSuites: sid\nComponents: main\n' },
      [],
    ],
    [
      'two paragraphs, one of another archive',
      {
        'sources.list.d/debian.sources':
          'Types: deb\nURIs: http://one.example/debian\nSuites: bookworm\nComponents: main\n\nTypes: deb\nURIs: http://one.example/debian-security\nSuites: bookworm-security\nComponents: main\n',
      },
      ['http://one.example/debian'],
    ],
    [
      'repositories that are not Debian',
      {
        'sources.list.d/others.list':
          'deb https://apt.example/node nodistro main\ndeb https://apt.example/pg bookworm-pgdg main\ndeb https://apt.example/docker bookworm stable\n',
      },
      [],
    ],
    ['methods that are not ours', { 'sources.list': 'deb cdrom:[Debian]/ bookworm main\ndeb file:/srv/debian bookworm main\n' }, []],
    ['files that apt does not read', { 'sources.list.d/debian.list.save': 'deb http://no.example/debian sid main\n' }, []],
    [
      'the same mirror twice',
      { 'sources.list': 'deb http://one.example/debian sid main\ndeb http://one.example/debian/ bookworm main\n' },
      ['http://one.example/debian'],
    ],
  ])('are those of apt: %s', (_, files, expected) => {
    const etc = apt(files);
    if (expected.length > 0) expect(debianMirrors({ environment: {}, etc })).toEqual(expected);
    else expect(() => debianMirrors({ environment: {}, etc })).toThrow(/Set SAUVEGARDE_DEB_MIRRORS/);
  });

  it('are found in a list of its own', () => {
    const list = join(temporaryFolder(), 'debian.list');
    writeFileSync(list, 'https://one.example/debian\tpriority:1\n# why\nhttps://two.example/debian\n');
    expect(debianMirrors({ environment: {}, etc: apt({ 'sources.list': `deb mirror+file://${list} bookworm main\n` }) })).toEqual([
      'https://one.example/debian',
      'https://two.example/debian',
    ]);
  });

  it('are those of SAUVEGARDE_DEB_MIRRORS and no others when it is set', () => {
    const etc = apt({ 'sources.list': 'deb http://one.example/debian bookworm main\n' });
    expect(debianMirrors({ environment: { SAUVEGARDE_DEB_MIRRORS: ' https://own.example/debian/, http://b.example ' }, etc })).toEqual([
      'https://own.example/debian',
      'http://b.example',
    ]);
    expect(() => debianMirrors({ environment: { SAUVEGARDE_DEB_MIRRORS: '/srv/debian' }, etc })).toThrow(MirrorUnreachableError);
  });

  it('are missing when there is no apt, which the error mends', () => {
    expect(() => debianMirrors({ environment: {}, etc: '/nowhere' })).toThrow(/\/nowhere names none\. Set SAUVEGARDE_DEB_MIRRORS/);
  });

  it('of this machine are found', () => {
    expect(debianMirrors()[0]).toMatch(/^https?:/);
  });
});
