import { describe, expect, it } from 'vitest';
import { defineConfig, env, parseConfig } from '../../../core/config/config.ts';
import { newKey } from '../../../core/encryption/age-keys.ts';
import { ConfigurationError } from '../../../core/errors.ts';

const app = { engine: 'sqlite', file: 'app.sqlite3' };
const minimal = { databases: { app } };
/** A configuration with one thing in `app` that is special. */
const withApp = (special: object) => ({ databases: { app: { ...app, ...special } } });
/** A configuration with one PostgreSQL database that is reached so. */
const reachedBy = (connection: unknown) => ({ databases: { app: { engine: 'postgres', connection } } });
/** A configuration with one place that is special. */
const withPlace = (special: object) => ({
  ...minimal,
  places: { private: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'], securityGroups: ['sg-0123456789abcdef0'], ...special } },
});
const named = (name: string) => ({ databases: Object.fromEntries([[name, app]]) });

/** The lines of the one error, without its first, which names the file. */
function mistakesIn(input: unknown): string[] {
  try {
    parseConfig(input, 'the file');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    const [first, ...mistakes] = (error as Error).message.split('\n  ');
    expect(first).toBe(`the file has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`);
    return mistakes;
  }
  throw new Error('no mistake was found');
}

const { recipient } = newKey();
const encryptedFor = (name: string) => ({ ...minimal, encryption: { recipients: [name] } });

describe('a mistake in the configuration is told with where it is, what was given and what to write', () => {
  it.each<[given: string, input: unknown, where: string, what: string, instead: string]>([
    ['nothing', undefined, 'the configuration', 'nothing was given', 'write export default defineConfig({'],
    ['null', null, 'the configuration', 'null was given', 'write export default defineConfig({'],
    ['a text', 'x', 'the configuration', '"x" was given', 'write export default defineConfig({'],
    ['a list', [minimal], 'the configuration', 'a list was given', 'write export default defineConfig({'],
    ['no databases', {}, 'databases', 'nothing was given', 'write { name: { engine, … } }'],
    ['empty databases', { databases: {} }, 'databases', '{} was given', 'write at least one database'],
    ['databases in a list', { databases: [app] }, 'databases', 'a list was given', 'write { name: { engine, … } }'],
    ['no recipients', { ...minimal, encryption: { recipients: [] } }, 'encryption.recipients', 'a list was given', "such as ['age1…']"],
    [
      'a recipient with another letter',
      encryptedFor(recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'))),
      'encryption.recipients.0',
      'a character is wrong',
      'begins with age1',
    ],
    ['a recipient of SSH', encryptedFor('ssh-ed25519 AAAA'), 'encryption.recipients.0', 'not every age opens', 'only X25519 keys are supported'],
    ['a post-quantum recipient', encryptedFor(`age1pq1${'q'.repeat(60)}`), 'encryption.recipients.0', 'not every age opens', 'only X25519 keys'],
    ['a secret key for a recipient', encryptedFor(newKey().secret), 'encryption.recipients.0', 'not shown here', 'is a secret key, which must not stand here'],
    ['a text for an identity', { ...minimal, encryption: { recipients: [recipient], identity: 'x' } }, 'encryption.identity', '"x" was given', 'write { file:'],
    [
      'an unknown time zone',
      { ...minimal, timeZone: 'Europe/Atlantis' },
      'timeZone',
      '"Europe/Atlantis" was given',
      'write an IANA name such as "Europe/Paris"',
    ],
    ['an offset for a time zone', { ...minimal, timeZone: '+02:00' }, 'timeZone', '"+02:00" was given', 'write an IANA name'],
    ['an offset with a typographic minus', { ...minimal, timeZone: '−02:00' }, 'timeZone', '"−02:00" was given', 'write an IANA name'],
    ['a number for a time zone', { ...minimal, timeZone: 2 }, 'timeZone', '2 was given', 'write an IANA time zone'],
    ['an unknown language', { ...minimal, language: 'de' }, 'language', '"de" was given', 'write "en" or "fr"'],
    ['administrators that are no list', { ...minimal, administrators: 'a@b.org' }, 'administrators', '"a@b.org" was given', 'write a list of addresses'],
    [
      'an administrator without address',
      { ...minimal, administrators: ['a@b.org', 'bob'] },
      'administrators.1',
      '"bob" was given',
      'such as "admin@example.org"',
    ],
    [
      'an administrator twice',
      { ...minimal, administrators: ['a@b.org', 'c@b.org', 'A@b.org'] },
      'administrators.2',
      '"A@b.org" was given',
      'write each address once',
    ],
    ['an address of alarms twice', { ...minimal, aws: { alarmsTo: ['a@b.org', 'a@b.org'] } }, 'aws.alarmsTo.1', '"a@b.org" was given', 'each address once'],
    ...Object.entries({
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef0'],
      securityGroups: ['sg-0123456789abcdef0', 'sg-0123456789abcdef0'],
      routeTables: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef0'],
      endpointSubnets: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef1'],
      endpoints: ['s3', 's3'],
      cidrs: ['10.0.0.0/16', '10.0.0.0/16'],
    }).map(([list, twice]): [string, unknown, string, string, string] => [
      `one of ${list} twice`,
      {
        ...minimal,
        places: { private: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef1'], securityGroups: ['sg-0123456789abcdef1'], [list]: twice } },
      },
      `places.private.${list}.1`,
      `"${twice[1]}" was given`,
      'once',
    ]),
    [
      'a part of the ARN of a secret',
      { databases: { main: { engine: 'postgres', connection: { secret: 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:prod/main' } } } },
      'databases.main.connection.secret',
      'it is not the whole ARN of a secret',
      'or write the name',
    ],
    [
      'a vault that is a number',
      { ...minimal, local: { vault: 3 } },
      'local.vault',
      '3 was given',
      "write the path of a folder, or { s3: { bucket: 'backups' } }",
    ],
    ['a bucket without a name', { ...minimal, local: { vault: { s3: {} } } }, 'local.vault.s3.bucket', 'nothing was given', 'write the name of a bucket'],
    [
      'a bucket with a path',
      { ...minimal, local: { vault: { s3: { bucket: 'a/b' } } } },
      'local.vault.s3.bucket',
      '"a/b" was given',
      'write the name of a bucket',
    ],
    [
      'an endpoint without a scheme',
      { ...minimal, local: { vault: { s3: { bucket: 'abc', endpoint: 's3.example.org' } } } },
      'local.vault.s3.endpoint',
      '"s3.example.org" was given',
      'write an address such as "https://s3.example.org"',
    ],
    [
      'a prefix that leaves the bucket',
      { ...minimal, local: { vault: { s3: { bucket: 'abc', prefix: '../x' } } } },
      'local.vault.s3.prefix',
      '"../x" was given',
      'write a path such as "backups/office"',
    ],
    [
      'a key in the place of both',
      { ...minimal, local: { vault: { s3: { bucket: 'abc', credentials: 'secret' } } } },
      'local.vault.s3.credentials',
      'what was given (not shown here)',
      'write { accessKeyId: env(',
    ],
    [
      'copies that are no list',
      { ...minimal, local: { copies: '/mnt' } },
      'local.copies',
      '"/mnt" was given',
      "write a list such as [{ folder: '/mnt/copies' }]",
    ],
    [
      'a copy that keeps none',
      { ...minimal, local: { copies: [{ folder: '/mnt', keep: 0 }] } },
      'local.copies.0.keep',
      '0 was given',
      'write a whole number from 1 to 10000',
    ],
    [
      'a copy without a place',
      { ...minimal, local: { copies: [{}] } },
      'local.copies.0.folder',
      'nothing was given',
      "write the path of a folder, or { s3: { bucket: 'backups' } }",
    ],
    ['a sender without address', { ...minimal, sender: 'me' }, 'sender', '"me" was given', 'write an address'],
    ['too few days of grace', { ...minimal, graceDays: 29 }, 'graceDays', '29 was given', 'write a whole number from 30 to 10000'],
    ['half days of grace', { ...minimal, graceDays: 30.5 }, 'graceDays', '30.5 was given', 'write a whole number from 30'],
    ['days of grace that are no number', { ...minimal, graceDays: Number.NaN }, 'graceDays', 'NaN was given', 'write a whole number from 30'],
    ['an impossible clean-up', { ...minimal, sweep: '0 25 * * *' }, 'sweep', 'has the hour 25, which must be 0 to 23', 'write five cron fields'],
    ['a database that is null', { databases: { app: null } }, 'databases.app', 'null was given', "write engine: 'sqlite'"],
    ['a database that is a path', { databases: { app: 'a.sqlite3' } }, 'databases.app', '"a.sqlite3" was given', "write engine: 'sqlite'"],
    ['no engine', { databases: { app: { file: 'a' } } }, 'databases.app.engine', 'nothing was given', "write engine: 'sqlite'"],
    [
      'an engine that there is not',
      withApp({ engine: 'mariadb' }),
      'databases.app.engine',
      '"mariadb" was given',
      "write engine: 'sqlite', 'postgres' or 'mysql' (which is MariaDB too)",
    ],
    ['no file', { databases: { app: { engine: 'sqlite' } } }, 'databases.app.file', 'nothing was given', 'write the path of a file'],
    ['an empty file', withApp({ file: '' }), 'databases.app.file', '"" was given', 'write the path of a file'],
    ['a schedule with a sixth field', withApp({ schedule: '0 0 2 * * *' }), 'databases.app.schedule', 'has 6 fields instead of 5', 'such as "0 2 * * *"'],
    ['a schedule that is a number', withApp({ schedule: 2 }), 'databases.app.schedule', '2 was given', 'write five cron fields'],
    ['a schedule that never comes', withApp({ schedule: '0 0 30 2 *' }), 'databases.app.schedule', 'never comes', 'write five cron fields'],
    ['keeping none', withApp({ keep: 0 }), 'databases.app.keep', '0 was given', 'write a whole number from 1'],
    ['keeping fewer than none', withApp({ keep: -3 }), 'databases.app.keep', '-3 was given', 'write a whole number from 1'],
    ['keeping a half', withApp({ keep: 1.5 }), 'databases.app.keep', '1.5 was given', 'write a whole number from 1'],
    ['keeping too many', withApp({ keep: 10_001 }), 'databases.app.keep', '10001 was given', 'from 1 to 10000'],
    ['keeping a text', withApp({ keep: '30' }), 'databases.app.keep', '"30" was given', 'or { last, weekly, monthly, yearly }'],
    ['keeping null', withApp({ keep: null }), 'databases.app.keep', 'null was given', 'or { last, weekly, monthly, yearly }'],
    ['keeping a list', withApp({ keep: [30] }), 'databases.app.keep', 'a list was given', 'or { last, weekly, monthly, yearly }'],
    ['keeping none, in an object', withApp({ keep: { last: 0 } }), 'databases.app.keep.last', '0 was given', 'from 1 to 10000'],
    ['weeks below zero', withApp({ keep: { weekly: -1 } }), 'databases.app.keep.weekly', '-1 was given', 'from 0 to 10000'],
    ['an unknown proof', withApp({ proof: 'sometimes' }), 'databases.app.proof', '"sometimes" was given', 'write "every", "daily", "weekly" or "off"'],
    ['an unknown compression', withApp({ compression: 'xz' }), 'databases.app.compression', '"xz" was given', 'write "zstd", "gzip" or "none"'],
    ['a connection that is a text', reachedBy('postgres://me:hunter2@db/app'), 'databases.app.connection', '"postgres://…@db/app" was given', 'write { url: '],
    ['a connection that is empty', reachedBy({}), 'databases.app.connection.url', 'nothing was given', "write env('NAME_OF_A_VARIABLE')"],
    ['a connection that is a list', reachedBy([]), 'databases.app.connection', '{ secret: ', '{ iam: { host, user, database } }'],
    ['a secret that is a number', reachedBy({ secret: 5 }), 'databases.app.connection.secret', '5 was given', "such as 'prod/main'"],
    ['an empty secret', reachedBy({ secret: '' }), 'databases.app.connection.secret', '"" was given', "such as 'prod/main'"],
    ['a port of a secret that is none', reachedBy({ secret: 'a', port: 0 }), 'databases.app.connection.port', '0 was given', 'from 1 to 65535'],
    ['an unknown sslmode', reachedBy({ secret: 'a', sslmode: 'prefer' }), 'databases.app.connection.sslmode', '"prefer" was given', '"verify-full"'],
    ['iam that is true', reachedBy({ iam: true }), 'databases.app.connection.iam', 'true was given', 'write { host, user, database }'],
    ['iam without user', reachedBy({ iam: { host: 'h', database: 'd' } }), 'databases.app.connection.iam.user', 'nothing was given', 'the name of a user'],
    ['local that is a path', { ...minimal, local: './backups' }, 'local', '"./backups" was given', 'write { vault, copies, state, mail, console, metrics }'],
    ['an empty vault', { ...minimal, local: { vault: '' } }, 'local.vault', '"" was given', 'write the path'],
    ['no state', { ...minimal, local: { state: null } }, 'local.state', 'null was given', 'write the path'],
    ['a VPC by its name', withPlace({ vpc: 'main' }), 'places.private.vpc', '"main" was given', 'write the id of a VPC such as "vpc-'],
    ['no subnets', withPlace({ subnets: [] }), 'places.private.subnets', 'a list was given', 'write a list of ids such as "subnet-'],
    [
      'a subnet for a group',
      withPlace({ securityGroups: ['subnet-0123456789abcdef0'] }),
      'places.private.securityGroups.0',
      '"subnet-0123456789abcdef0" was given',
      'such as "sg-',
    ],
    [
      'a place that is not there',
      { ...withPlace({}), ...withApp({ place: 'public' }) },
      'databases.app.place',
      '"public" was given',
      'write one of places (private)',
    ],
    [
      'a target in a place that is none',
      { ...minimal, targets: { spare: { ...app, place: 'x' } } },
      'targets.spare.place',
      '"x" was given',
      'write one of places (there are none)',
    ],
    [
      'a cluster that AWS Backup backs up',
      withApp({ backedUpBy: 'arn:aws:rds:eu-west-3:123456789012:cluster:prod' }),
      'databases.app.backedUpBy',
      '"arn:aws:rds:eu-west-3:123456789012:cluster:prod" was given',
      'of no cluster',
    ],
    ['a place where there are none', withApp({ place: 'private' }), 'databases.app.place', '"private" was given', 'write one of places (there are none)'],
    ['a place called as what every object has', withApp({ place: 'toString' }), 'databases.app.place', '"toString" was given', 'write one of places'],
    [
      'proofs in a place that is not there',
      { ...minimal, ...withPlace({}), aws: { proofPlace: 'sealed' } },
      'aws.proofPlace',
      '"sealed" was given',
      'write one of places (private)',
    ],
    ['a stack with spaces', { ...minimal, aws: { stack: 'my backups' } }, 'aws.stack', '"my backups" was given', 'write letters, digits and hyphens'],
    ['a lock of no days', { ...minimal, aws: { objectLock: { days: 0 } } }, 'aws.objectLock.days', '0 was given', 'write a whole number of days from 1'],
    ['an alias for a key', { ...minimal, aws: { key: 'alias/backups' } }, 'aws.key', '"alias/backups" was given', 'write the ARN of a key'],
    ['colder storage after a week', { ...minimal, aws: { coldStorage: { afterDays: 7 } } }, 'aws.coldStorage.afterDays', '7 was given', 'from 30 to 36500'],
    [
      'colder storage that cannot be read at once',
      { ...minimal, aws: { coldStorage: { afterDays: 90, storageClass: 'DEEP_ARCHIVE' } } },
      'aws.coldStorage.storageClass',
      '"DEEP_ARCHIVE" was given',
      'write "STANDARD_IA"',
    ],
    ['logs of days that CloudWatch does not know', { ...minimal, aws: { logDays: 31 } }, 'aws.logDays', '31 was given', 'write one of the numbers of days'],
    ['another architecture', { ...minimal, aws: { architecture: 'arm' } }, 'aws.architecture', '"arm" was given', "write 'arm64' or 'x64'"],
    [
      'a boundary that is no policy',
      { ...minimal, aws: { permissionsBoundary: 'a b' } },
      'aws.permissionsBoundary',
      '"a b" was given',
      'write the name or the ARN',
    ],
    ['a tag that is no text', { ...minimal, aws: { tags: { team: 1 } } }, 'aws.tags.team', '1 was given', 'write a text'],
    ['alarms to nobody', { ...minimal, aws: { alarmsTo: ['nobody'] } }, 'aws.alarmsTo.0', '"nobody" was given', 'write an address'],
  ])('%s', (_, input, where, what, instead) => {
    const mistakes = mistakesIn(input);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(new RegExp(`^${where.replaceAll('.', '\\.')}: `));
    expect(mistakes[0]).toContain(what);
    expect(mistakes[0]).toContain(instead);
  });

  it('tells all mistakes in one error', () => {
    const mistakes = mistakesIn({
      timeZone: 'Mars',
      language: 'de',
      tiemZone: 'UTC',
      databases: { App: app, app: { ...app, file: '', keep: { last: 0, daily: 1 }, schedule: '61 0 * * *', shedule: '0 2 * * *' } },
      local: { vault: '', valt: 'x' },
    });
    const wheres = mistakes.map((line) => /^databases: "App"|^[\w.]+/.exec(line)?.[0]);
    expect(wheres.sort()).toEqual([
      'databases.app.file',
      'databases.app.keep.daily',
      'databases.app.keep.last',
      'databases.app.schedule',
      'databases.app.shedule',
      'databases: "App"',
      'language',
      'local.valt',
      'local.vault',
      'tiemZone',
      'timeZone',
    ]);
  });

  it('shortens what is long', () => {
    const [mistake = ''] = mistakesIn({ ...minimal, timeZone: 'x'.repeat(500) });
    expect(mistake.length).toBeLessThan(300);
    expect(mistake).toContain('xxx…');
  });
});

describe('an option that does not exist is told with those that do', () => {
  it.each<[level: string, input: unknown, where: string, known: string]>([
    [
      'at the top',
      { ...minimal, tiemZone: 'UTC' },
      'tiemZone',
      'timeZone, language, administrators, notify, heartbeat, sender, sweep, graceDays, storageBudget, encryption, databases, targets, places, local, aws',
    ],
    ['__proto__ at the top', JSON.parse(`{"__proto__": {}, "databases": {"app": ${JSON.stringify(app)}}}`), '__proto__', 'timeZone, '],
    ['in a database', withApp({ shedule: '0 2 * * *' }), 'databases.app.shedule', 'engine, file, schedule, keep, proof, compression'],
    ['beside a secret', reachedBy({ secret: 'a', pasword: 'x' }), 'databases.app.connection.pasword', 'secret, host, port, database, sslmode, sslrootcert'],
    ['beside a URL', reachedBy({ url: 'x', host: 'x' }), 'databases.app.connection.host', 'url'],
    ['in iam', reachedBy({ iam: { host: 'h', user: 'u', database: 'd', sslmode: 'disable' } }), 'databases.app.connection.iam.sslmode', 'host, port, user, '],
    ['in keep', withApp({ keep: { last: 3, dayly: 1 } }), 'databases.app.keep.dayly', 'last, weekly, monthly, yearly'],
    ['in a target', { ...minimal, targets: { spare: { ...app, schedule: '0 2 * * *' } } }, 'targets.spare.schedule', 'engine, file, place'],
    ['in local', { ...minimal, local: { valt: 'x' } }, 'local.valt', 'vault, copies, state, mail, console, metrics'],
    ['in mail', { ...minimal, local: { mail: { smpt: 'x' } } }, 'local.mail.smpt', 'smtp'],
    ['in a secret', { ...minimal, local: { mail: { smtp: { env: 'SMTP_URL', environment: 'x' } } } }, 'local.mail.smtp.environment', 'env'],
  ])('%s', (_, input, where, known) => {
    const [mistake = '', ...others] = mistakesIn(input);
    expect(others).toEqual([]);
    expect(mistake.startsWith(`${where} is not an option; here are known: ${known}`)).toBe(true);
  });
});

describe('the name of a database', () => {
  it.each(['../x', '../..', '.', 'a/b', '/etc', 'a\\b', 'A', 'App', '1a', '-a', 'a_b', 'a.b', 'a b', ' a', 'é', '', 'a\n', 'a\0', 'a'.repeat(41), '__proto__'])(
    'cannot be %j',
    (name) => {
      const mistakes = mistakesIn(named(name));
      expect(mistakes[0]).toBe(
        `databases: ${JSON.stringify(name)} is not a name for a database; write lower-case letters, digits and hyphens, a letter first, 40 at most`,
      );
    },
  );

  it('cannot be __proto__ beside another one, which would leave it out without a word', () => {
    const asKey = JSON.parse(`{"databases": {"app": ${JSON.stringify(app)}, "__proto__": ${JSON.stringify(app)}}}`);
    const asLiteral = { databases: { app, __proto__: app } };
    expect(mistakesIn(asKey)).toEqual([expect.stringContaining('"__proto__" is not a name')]);
    expect(mistakesIn(asLiteral)).toEqual([expect.stringContaining('"__proto__" is not a name')]);
  });

  it.each(['a', 'app', 'app-2', 'a1-', 'constructor', 'a'.repeat(40)])('can be %j', (name) => {
    expect(Object.keys(parseConfig(named(name), 'the file').databases)).toEqual([name]);
  });
});

describe('a password', () => {
  it.each<[where: string, input: unknown]>([
    ['in a list', { ...minimal, local: { mail: { smtp: ['smtps://me:hunter2@host'] } } }],
    ['in place of mail', { ...minimal, local: { mail: 'smtps://me:hunter2@host' } }],
    ['alone, in place of mail', { ...minimal, local: { mail: 'hunter2' } }],
    ['alone, for the name of a variable', { ...minimal, local: { mail: { smtp: env('hunter2!') } } }],
    ['alone, for the name of a variable with an address', reachedBy({ url: env('hunter2!') })],
    ['in place of local', { ...minimal, local: 'smtps://me:hunter2@host' }],
    ['in a list in place of local', { ...minimal, local: ['smtps://me:hunter2@host'] }],
    ['under another key of mail', { ...minimal, local: { mail: { smpt: 'smtps://me:hunter2@host' } } }],
    ['in local', { ...minimal, local: { smtp: 'smtps://me:hunter2@host' } }],
    ['at the top', { ...minimal, smtp: 'smtps://me:hunter2@host' }],
    ['for the name of a variable', { ...minimal, local: { mail: { smtp: env('smtps://me:hunter2@host') } } }],
    ['in place of a database', { databases: { app: 'postgres://me:hunter2@host/app' } }],
    ['with an @ in it', { databases: { app: 'postgres://me:x@hunter2@host/app' } }],
    ['in a list in place of everything', [{ local: { mail: { smtp: 'smtps://me:hunter2@host' } } }]],
  ])('is never shown: %s', (_, input) => {
    expect(mistakesIn(input).join('\n')).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['a number', 25],
    ['an empty name of a variable', { env: '' }],
    ['a variable that cannot exist', { env: 'SMTP URL' }],
    ['an object without env', {}],
  ])('can be a text or a variable, not %s', (_, smtp) => {
    const [mistake] = mistakesIn({ ...minimal, local: { mail: { smtp } } });
    expect(mistake).toMatch(/^local\.mail\.smtp.*write env\('NAME_OF_A_VARIABLE'\) or a text/);
  });
});

describe('what is not written', () => {
  it('has its default', () => {
    const config = parseConfig(defineConfig({ databases: { app: { engine: 'sqlite', file: 'app.sqlite3' } } }), 'the file');
    expect(config).toEqual({
      timeZone: 'UTC',
      language: 'en',
      administrators: [],
      notify: [],
      sender: 'sauvegarde@localhost.localdomain',
      sweep: '0 1 * * 0',
      graceDays: 30,
      databases: {
        app: {
          engine: 'sqlite',
          file: 'app.sqlite3',
          schedule: '0 2 * * *',
          keep: { last: 30, weekly: 0, monthly: 0, yearly: 0 },
          proof: 'every',
          compression: 'zstd',
        },
      },
      targets: {},
      places: {},
      local: { vault: './backups', copies: [], state: './.sauvegarde', mail: {}, console: { port: 7423 } },
      aws: { stack: 'sauvegarde', senderVerified: false, console: { auth: 'cognito' }, architecture: 'arm64', tags: {}, logDays: 90 },
    });
  });

  it('is filled in again the same: a configuration that was read can be read once more', () => {
    const config = parseConfig({ ...minimal, local: { mail: { smtp: env('SMTP_URL') } } }, 'the file');
    expect(parseConfig(config, 'the file')).toEqual(config);
  });

  it('of the console stays off when it is off, and takes a port', () => {
    for (const console of [false, { port: 8080 }] as const) {
      const config = parseConfig({ ...minimal, local: { console } }, 'the file');
      expect(parseConfig(config, 'the file').local.console).toEqual(console);
    }
    for (const console of [true, 'off', { port: 0 }, { port: 70_000 }, { port: '80' }])
      expect(mistakesIn({ ...minimal, local: { console } })[0]).toMatch(/^local\.console.*write (\{ port \}, or false|a port from 1)/);
  });
});

it.each([
  [7, { last: 7, weekly: 0, monthly: 0, yearly: 0 }],
  [10_000, { last: 10_000, weekly: 0, monthly: 0, yearly: 0 }],
  [{}, { last: 30, weekly: 0, monthly: 0, yearly: 0 }],
  [
    { weekly: 8, yearly: 2 },
    { last: 30, weekly: 8, monthly: 0, yearly: 2 },
  ],
  [
    { last: 1, weekly: 2, monthly: 3, yearly: 4 },
    { last: 1, weekly: 2, monthly: 3, yearly: 4 },
  ],
])('keep %j means %j', (keep, meaning) => {
  expect(parseConfig(withApp({ keep }), 'the file').databases.app?.keep).toEqual(meaning);
});

it('a secret stays a reference: the variable is not read with the configuration', () => {
  expect(parseConfig({ ...minimal, local: { mail: { smtp: env('PATH') } } }, 'the file').local.mail.smtp).toEqual({ env: 'PATH' });
});
