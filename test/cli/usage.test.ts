import { describe, expect, it } from 'vitest';
import { project, sauvegarde } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const commands = [
  'local',
  'backup',
  'list',
  'show',
  'diff',
  'download',
  'restore',
  'open',
  'verify',
  'rotate',
  'sweep',
  'copy',
  'status',
  'alert',
  'metrics',
  'audit',
  'hold',
  'release',
  'retire',
  'unretire',
  'rebuild',
  'doctor',
  'smoke',
  'service',
];

describe('--help', () => {
  it.each(commands)('of %s has examples and asks for no configuration', async (command) => {
    const { status, stdout, stderr } = await sauvegarde(temporaryFolder(), [command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: sauvegarde ${command}`);
    expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n {2}sauvegarde ${command}`));
  });

  it('names every command, and what each exit status says', async () => {
    const { status, stdout } = await sauvegarde(temporaryFolder(), ['--help']);
    expect(status).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 no such backup, 4 a backup cannot be restored, 130 stopped.');
  });
});

it('--version is data', async () => {
  const { status, stdout, stderr } = await sauvegarde(temporaryFolder(), ['--version']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('wrong usage exits with 2, says what is wrong and ends with what to try', () => {
  it.each<[what: string, words: string[], wrong: RegExp, tryThis: RegExp]>([
    ['no command', [], /Usage: sauvegarde/, /Exit status: .*\n+$/],
    ['an unknown command', ['backpu'], /unknown command 'backpu'/, /\(Did you mean backup\?\)\n\(sauvegarde --help lists the commands\)\n$/],
    ['an unknown option', ['list', '--al'], /unknown option '--al'/, /\(sauvegarde list --help explains it\)\n$/],
    ['no backup', ['show'], /missing required argument 'backup'/, /\(sauvegarde show --help explains it\)\n$/],
    ['nothing to restore into', ['restore', 'app'], /name the target/, /either --to NAME of the configuration, or --into\n$/],
    ['too many words', ['list', 'app', 'other'], /too many arguments/, /\(sauvegarde list --help explains it\)\n$/],
    ['a configuration that is not there', ['list', '--config', 'nowhere.ts'], /there is no configuration file .*nowhere\.ts/, /name it with --config\n$/],
    ['a database that is not configured, to back up', ['backup', 'shop'], /no database is called "shop"/, /configured: app\n$/],
    ['a database that is not configured, to rotate', ['rotate', 'shop'], /no database is called "shop"/, /configured: app\n$/],
    ['a name that belongs to every object', ['backup', 'constructor'], /no database is called "constructor"/, /configured: app\n$/],
  ])('%s', async (_, words, wrong, tryThis) => {
    const { status, stdout, stderr } = await sauvegarde(project(), words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(wrong);
    expect(stderr).toMatch(tryThis);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

it.each([
  ['wrong usage', ['list', '--al', '--json'], /^unknown option '--al'/],
  ['a missing argument', ['show', '--json'], /^missing required argument 'backup'/],
  ['a configuration that is not there', ['list', '--json', '--config', 'nowhere.ts'], /^there is no configuration file/],
])('%s is told as JSON alone with --json', async (_, words, message) => {
  const { status, stdout, stderr } = await sauvegarde(project(), words);
  expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ error: { name: 'ConfigurationError', message: expect.stringMatching(message), advice: expect.any(String) } });
});

it('mistakes in the configuration are all told, with 2', async () => {
  const { status, stdout, stderr } = await sauvegarde(project({ timeZone: 'Mars', language: 'de' as 'en' }), ['list']);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/sauvegarde\.config\.ts has 2 mistakes:\n {2}timeZone: "Mars" was given.*\n {2}language: "de" was given/);
});

describe('a backup that does not exist exits with 3 and says where to look', () => {
  it.each([['show'], ['unretire'], ['restore', '--into', 'new.sqlite3']])('%s', async (command, ...options) => {
    const { status, stdout, stderr } = await sauvegarde(project(), [command, 'app-20200101_000000Z', ...options]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('there is no backup "app-20200101_000000Z"');
    expect(stderr).toMatch(/"sauvegarde list".*\n$/);
  });

  it('also when the database has none yet', async () => {
    const { status, stderr } = await sauvegarde(project(), ['show', 'app']);
    expect(status).toBe(3);
    expect(stderr).toContain('database app has no good backup yet');
  });
});
