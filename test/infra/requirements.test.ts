import { describe, expect, it } from 'vitest';
import { env } from '../../core/config/config.ts';
import { newKey } from '../../core/encryption/age-keys.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { checkForAws } from '../../infra/requirements.ts';
import { configured, deployable, filePlace } from '../support/synthesized.ts';

/** What AWS cannot do in a configuration with one thing that is special. */
function mistakesIn(changes: Parameters<typeof configured>[0]): string[] {
  try {
    checkForAws(configured(changes));
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    const [first, ...mistakes] = (error as Error).message.split('\n  ');
    expect(first).toBe('this configuration cannot be deployed to AWS:');
    return mistakes;
  }
}

const copy = { account: '210987654321', region: 'eu-central-1', bucket: 'copies-of-backups', from: '123456789012' };
const { recipient } = newKey();
const only = (main: object) => ({ databases: { main: { engine: 'postgres', ...main } } }) as unknown as Parameters<typeof configured>[0];

const withFiles = { ...deployable.places, files: filePlace } as NonNullable<typeof deployable.places>;
const fileIn = (place: string, file = 'app.sqlite3', options: object = {}) =>
  ({ databases: { main: { engine: 'sqlite', file, place, ...options } }, places: withFiles }) as Parameters<typeof configured>[0];

it('takes a SQLite file below an access point of EFS', () => {
  expect(mistakesIn(fileIn('files', 'app/app.sqlite3'))).toEqual([]);
});

it('takes secrets and IAM, in one place, in several or in none', () => {
  expect(mistakesIn({})).toEqual([]);
  expect(mistakesIn(only({ connection: { secret: 'prod/main' } }))).toEqual([]);
  const second = { ...deployable.places?.private, vpc: 'vpc-0123456789abcdef1', routeTables: ['rtb-0123456789abcdef1'] } as never;
  const extra = { engine: 'postgres', connection: { secret: 's' }, place: 'second' } as const;
  expect(mistakesIn({ databases: { ...deployable.databases, extra }, places: { ...deployable.places, second } })).toEqual([]);
});

describe('refuses, with what to write instead,', () => {
  it.each<[what: string, changes: Parameters<typeof configured>[0], where: string, instead: string]>([
    [
      'a SQLite file',
      { databases: { main: { engine: 'sqlite', file: 'app.sqlite3' } } },
      'databases.main',
      'write a place with an accessPoint, or back it up on its own machine',
    ],
    ['a SQLite file in a place without a file system', fileIn('private'), 'databases.main', 'write places.private.accessPoint, or'],
    ['a SQLite file elsewhere on the machine', fileIn('files', '/srv/app.sqlite3'), 'databases.main.file', 'write a path from there, such as "app/app.db"'],
    ['a SQLite file above the root of its access point', fileIn('files', 'app/../../app.sqlite3'), 'databases.main.file', 'is not below the root'],
    [
      'a file that AWS Backup backs up as an instance',
      fileIn('files', 'app.sqlite3', { backedUpBy: 'arn:aws:rds:eu-west-3:123456789012:db:prod' }),
      'databases.main.backedUpBy',
      'leave it out',
    ],
    [
      'a SQLite file to restore into',
      { targets: { staging: { engine: 'sqlite', file: 'app.sqlite3', place: 'files' } }, places: withFiles },
      'targets.staging',
      'download the backup and put it in place',
    ],
    ['an environment variable', only({ connection: { url: env('MAIN_URL') } }), 'databases.main.connection', 'MAIN_URL is not there on AWS; write { secret'],
    ['a URL', only({ connection: { url: 'postgres://u:hunter2@host/db' } }), 'databases.main.connection', 'write { secret'],
    ['a file of certificates', only({ connection: { secret: 's', sslrootcert: '/etc/ca.pem' } }), 'databases.main.connection', "write 'rds'"],
    [
      'a file of certificates for IAM',
      only({ connection: { iam: { host: 'h', user: 'u', database: 'd', sslrootcert: '/etc/ca.pem' } } }),
      'databases.main.connection',
      "write 'rds'",
    ],
    [
      'an encryption with which nothing can be proven',
      { encryption: { recipients: [recipient] } },
      'encryption',
      "write encryption.identity: { secret: 'name' }",
    ],
    [
      'an identity in a file',
      { encryption: { recipients: [recipient], identity: { file: 'key.txt' } } },
      'encryption.identity',
      "in Secrets Manager; write { secret: 'name' }",
    ],
    [
      'endpoints that would cut off the rest of the VPC',
      { places: { private: { ...deployable.places?.private, cidrs: undefined } as never } },
      'places.private.cidrs',
      'logs and secretsmanager answer for the whole VPC',
    ],
    [
      'endpoints without the routes to them',
      { places: { private: { ...deployable.places?.private, endpoints: ['s3', 'logs'], routeTables: undefined } as never } },
      'places.private.routeTables',
      'the endpoints of s3 need them',
    ],
    [
      'a copy in the account of the vault',
      { aws: { copy: { ...copy, account: copy.from } } },
      'aws.copy.account',
      '123456789012 is the account of the stack too, whose administrators could delete the copies',
    ],
    ['a copy without a lock of a vault with one', { aws: { copy, objectLock: { days: 14 } } }, 'aws.copy.lockDays', 'write a number of days'],
    ['nobody to tell', { administrators: [] }, 'administrators', 'write at least one address'],
    ['a sender that is no address', { sender: 'sauvegarde@localhost.localdomain' }, 'sender', 'write an address'],
    [
      'an endpoint that another place makes already',
      {
        databases: { ...deployable.databases, extra: { engine: 'postgres', connection: { iam: { host: 'h', user: 'u', database: 'd' } }, place: 'second' } },
        places: { ...deployable.places, second: { ...deployable.places?.private, endpoints: ['dynamodb'] } as never },
      },
      'places.second.endpoints',
      'places.private makes the one of dynamodb for this VPC or route table already',
    ],
  ])('%s', (_, changes, where, instead) => {
    const [mistake = '', ...others] = mistakesIn(changes);
    expect(others).toEqual([]);
    expect(mistake.startsWith(`${where}: `)).toBe(true);
    expect(mistake).toContain(instead);
    expect(mistake).not.toContain('hunter2');
  });
});

it('tells all mistakes in one message', () => {
  const mistakes = mistakesIn({
    administrators: [],
    sender: 'a@localhost.localdomain',
    databases: { a: { engine: 'sqlite', file: 'a' }, b: { engine: 'postgres', connection: { url: env('B') } } },
  });
  expect(mistakes.map((line) => line.split(':')[0])).toEqual(['databases.a', 'databases.b.connection', 'administrators', 'sender']);
});
