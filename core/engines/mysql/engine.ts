import type { MysqlDatabase } from '../../config.ts';
import type { Engine, SourceFacts, Work } from '../engine.ts';
import { Access } from './access.ts';
import { addressOf } from './address.ts';
import { connectionOf } from './connection.ts';
import { dump } from './dump.ts';
import { productOf } from './family.ts';
import { factsOf, inventoryOf, sizesOf, totalOf } from './inventory.ts';
import { openSession } from './open-session.ts';
import { remarksOn } from './planted.ts';
import { prove } from './prove.ts';
import { restore } from './restore.ts';
import { checkRights } from './rights.ts';
import { refuseUndumpable } from './undumpable.ts';

/** MySQL and MariaDB. */
export const mysqlEngine: Engine = {
  extension: 'sql',
  examine,
  dump,
  prove,
  restore,
};

async function examine({ connection }: MysqlDatabase, work: Work): Promise<SourceFacts> {
  await using access = await Access.open(connectionOf(await addressOf(connection, work.reveal)), work.scratch);
  const { family, session } = await openSession(access, work);
  await using _ = session;
  await checkRights(session, family);
  await refuseUndumpable(session, family);
  const { version } = await factsOf(session);
  const inventory = await inventoryOf(session);
  return {
    product: `${productOf[family]} ${version}`,
    size: totalOf(await sizesOf(session, family, inventory)),
    tables: inventory.tables.length,
    remarks: await remarksOn(session, family),
  };
}
