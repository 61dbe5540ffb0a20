import type { DatabaseOf, TargetOf } from '../../config/config.ts';
import type { Engine, SourceFacts, Work } from '../engine.ts';
import { adopt } from './adopt/adopt.ts';
import { Access } from './connect/access.ts';
import { addressOf } from './connect/address.ts';
import { connectionOf } from './connect/connection.ts';
import { openSession } from './connect/open-session.ts';
import type { Session } from './connect/session.ts';
import { describe, flawOf } from './dump/described.ts';
import { dump } from './dump/dump.ts';
import { factsOf, type Inventory, inventoryOf, inventoryWithout, sizesOf, totalOf } from './dump/inventory.ts';
import { flawsOfRights, type Lacking, lackingRights, refuseBlind } from './dump/rights.ts';
import { refuseCutting, rowlessTables } from './dump/tool-settings.ts';
import { remarksOn, unsafeViews } from './dump/unsafe-views.ts';
import { type Family, productOf } from './family.ts';
import { open } from './prove/open.ts';
import { prove } from './prove/prove.ts';
import { rehearse } from './rehearsal.ts';
import { restore } from './restore/restore.ts';

/** Engine for MySQL and MariaDB. */
export const mysqlEngine: Required<Engine> = {
  examine,
  dump,
  prove,
  restore,
  open,
  adopt,
  addressOf: ({ connection }: TargetOf<'mysql'>, reveal) => addressOf(connection, reveal),
  rehearse,
};

async function examine({ connection }: DatabaseOf<'mysql'>, work: Work): Promise<SourceFacts> {
  await using access = await Access.open(connectionOf(await addressOf(connection, work.reveal)), work.scratch);
  const { family, session } = await openSession(access, work);
  const { wanted, rowless, remarks, lacking, ...facts } = await factsFrom(session, family).finally(() => session[Symbol.asyncDispose]());
  // after the session has ended: a user may have one connection alone
  const { unreadable } = await describe(wanted, work, { family, access, database: access.connection.database, rowless, lacking });
  const tables = inventoryWithout(wanted, unreadable).tables.length;
  refuseBlind(lacking, tables);
  const flaws = [...flawsOfRights(lacking), ...unreadable.map(flawOf)];
  return { ...facts, tables, remarks: [...remarks, ...flaws.map(({ what }) => what)] };
}

async function factsFrom(session: Session, family: Family): Promise<SourceFacts & { wanted: Inventory; rowless: string[]; lacking: Lacking }> {
  const lacking = await lackingRights(session, family);
  await refuseCutting(session, family);
  const rowless = await rowlessTables(session, family);
  const { version } = await factsOf(session);
  const unsafe = (await unsafeViews(session, family)).map(({ name }) => ({ kind: 'VIEW', name }));
  const wanted = inventoryWithout(await inventoryOf(session), unsafe);
  const size = totalOf(await sizesOf(session, family, wanted));
  return {
    product: `${productOf[family]} ${version}`,
    size,
    tables: wanted.tables.length,
    remarks: await remarksOn(session, family),
    wanted,
    rowless,
    lacking,
  };
}
