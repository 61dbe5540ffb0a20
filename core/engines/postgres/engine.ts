import type { DatabaseOf, TargetOf } from '../../config/config.ts';
import type { Engine, SourceFacts, Work } from '../engine.ts';
import { adopt } from './adopt/adopt.ts';
import { addressOf } from './connect/address.ts';
import { openConnection } from './connect/open-connection.ts';
import { remarksOn } from './connect/remarks.ts';
import { refuseUnknown, remarksOnVersion } from './connect/server-version.ts';
import { Session } from './connect/session.ts';
import { dump } from './dump/dump.ts';
import { remarksOnLocks } from './dump/room-for-locks.ts';
import { flawsOfUnreadable, type Unreadable, unreadableSql } from './dump/unreadable.ts';
import { open } from './prove/open.ts';
import { prove } from './prove/prove.ts';
import { rehearse } from './rehearsal.ts';
import { restore } from './restore/restore.ts';
import { isWhole } from './selection.ts';

export const postgresEngine: Required<Engine> = {
  examine,
  dump,
  prove,
  restore,
  open,
  adopt,
  addressOf: ({ connection }: TargetOf<'postgres'>, reveal) => addressOf(connection, reveal),
  rehearse,
};

async function examine({ connection, ...selection }: DatabaseOf<'postgres'>, work: Work): Promise<SourceFacts> {
  await using opened = await openConnection(await addressOf(connection, work.reveal), work.scratch);
  await using session = await Session.openToRead({ psql: await work.tools.client('psql', work.signal), connection: opened.connection, signal: work.signal });
  const facts = await session.json<Omit<SourceFacts, 'remarks'>>(
    `SELECT json_build_object('product', 'PostgreSQL ' || current_setting('server_version'), 'size', pg_database_size(current_database()),
      'tables', (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))`,
  );
  const version = facts.product.replace('PostgreSQL ', '');
  refuseUnknown(version);
  const unreadable = isWhole(selection) ? flawsOfUnreadable(await session.json<Unreadable>(`SELECT ${unreadableSql}`)) : [];
  return {
    ...facts,
    remarks: [
      ...(await remarksOnVersion(version, work)),
      ...(await remarksOn(session)),
      ...(await remarksOnLocks(session)),
      ...unreadable.map(({ what }) => what),
    ],
  };
}
