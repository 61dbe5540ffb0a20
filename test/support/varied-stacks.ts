import type { ConfigInput } from '../../core/config/config.ts';
import { backedUp, deployable, filePlace } from './synthesized.ts';

/** On servers of both engines, at one hour and at several. */
export const fifty = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [
    `db-${index}`,
    { engine: (['postgres', 'mysql'] as const)[index % 2] ?? 'postgres', connection: { secret: `prod/db-${index}` }, schedule: `0 ${index % 3} * * *` },
  ]),
);

export const plain = { main: { engine: 'postgres', connection: { secret: 'prod/main' } } } as const;
const key = 'arn:aws:kms:eu-west-3:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
export const second = { vpc: 'vpc-0123456789abcdef1', subnets: ['subnet-0123456789abcdef9'], securityGroups: ['sg-0123456789abcdef9'] };
export const inThreePlaces: Partial<ConfigInput> = {
  databases: {
    ...deployable.databases,
    open: { engine: 'postgres', connection: { secret: 'prod/open' } },
    other: { engine: 'mysql', connection: { secret: 'other' }, place: 'second' },
  },
  places: { ...deployable.places, second: { ...second, routeTables: ['rtb-0123456789abcdef1'], cidrs: ['10.1.0.0/16'] } },
};

const inAllPlaces = Object.fromEntries(
  ['private', 'second', undefined].map((place, index) => [`target-${index}`, { engine: 'postgres', connection: { secret: `to/${index}` }, place } as const]),
);

/** Stacks that differ in all that a configuration can choose, as changes of `deployable`. */
export const variedStacks: [of: string, changes: Partial<ConfigInput>][] = [
  [
    'databases and targets in two places and in none, and a file',
    {
      databases: { ...inThreePlaces.databases, notes: { engine: 'sqlite', file: 'notes.sqlite3', place: 'files' } },
      places: { ...inThreePlaces.places, files: filePlace } as NonNullable<typeof deployable.places>,
      targets: inAllPlaces,
      aws: { objectLock: { days: 14 }, senderVerified: true, coldStorage: { afterDays: 90, storageClass: 'GLACIER_IR' } },
    },
  ],
  ['one plain database, on x64 and with a key', { databases: plain, places: {}, aws: { key, architecture: 'x64' } }],
  ['50 databases of all engines, one of which AWS Backup backs up too', { databases: { ...fifty, ...backedUp }, aws: { console: false } }],
];
