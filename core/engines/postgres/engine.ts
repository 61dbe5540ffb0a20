import type { PostgresDatabase } from '../../config.ts';
import type { Engine, SourceFacts, Work } from '../engine.ts';
import { addressOf } from './address.ts';
import { dump } from './dump.ts';
import { openConnection } from './open-connection.ts';
import { prove } from './prove.ts';
import { remarksOn } from './remarks.ts';
import { restore } from './restore.ts';
import { Session } from './session.ts';

export const postgresEngine: Engine = {
  extension: 'sql',
  examine,
  dump,
  prove,
  restore,
};

async function examine({ connection }: PostgresDatabase, work: Work): Promise<SourceFacts> {
  await using opened = await openConnection(await addressOf(connection, work.reveal), work.scratch);
  await using session = await Session.open({ psql: await work.tools.client('psql', work.signal), connection: opened.connection, signal: work.signal });
  const facts = await session.json<Omit<SourceFacts, 'remarks'>>(
    `SELECT json_build_object('product', 'PostgreSQL ' || current_setting('server_version'), 'size', pg_database_size(current_database()),
      'tables', (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))`,
  );
  return { ...facts, remarks: await remarksOn(session) };
}
