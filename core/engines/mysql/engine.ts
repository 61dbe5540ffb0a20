import type { DatabaseOf } from '../../config/config.ts';
import type { Engine, SourceFacts, Work } from '../engine.ts';
import { Access } from './connect/access.ts';
import { addressOf } from './connect/address.ts';
import { connectionOf } from './connect/connection.ts';
import { openSession } from './connect/open-session.ts';
import { describe, flawOf } from './dump/described.ts';
import { dump } from './dump/dump.ts';
import { factsOf, inventoryOf, inventoryWithout, sizesOf, totalOf } from './dump/inventory.ts';
import { plantedViews, remarksOn } from './dump/planted.ts';
import { checkRights } from './dump/rights.ts';
import { refuseCutting } from './dump/tool-settings.ts';
import { productOf } from './family.ts';
import { prove } from './prove/prove.ts';
import { rehearse } from './rehearsal.ts';
import { restore } from './restore/restore.ts';

/** Engine for MySQL and MariaDB. */
export const mysqlEngine: Engine = {
  examine,
  dump,
  prove,
  restore,
  rehearse,
};

async function examine({ connection }: DatabaseOf<'mysql'>, work: Work): Promise<SourceFacts> {
  await using access = await Access.open(connectionOf(await addressOf(connection, work.reveal)), work.scratch);
  const { family, session } = await openSession(access, work);
  await using _ = session;
  await checkRights(session, family);
  await refuseCutting(session, family);
  const { version } = await factsOf(session);
  const planted = (await plantedViews(session, family)).map(({ name }) => ({ kind: 'VIEW', name }));
  const wanted = inventoryWithout(await inventoryOf(session), planted);
  const { unreadable } = await describe(wanted, work, { family, access, database: access.connection.database });
  const inventory = inventoryWithout(wanted, unreadable);
  return {
    product: `${productOf[family]} ${version}`,
    size: totalOf(await sizesOf(session, family, inventory)),
    tables: inventory.tables.length,
    remarks: [...(await remarksOn(session, family)), ...unreadable.map((each) => flawOf(each).what)],
  };
}
