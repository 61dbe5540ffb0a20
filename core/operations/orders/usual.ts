import { isGood } from '../../catalogue/backups.ts';
import type { With } from '../../platform.ts';

/** Number of backups that are looked at. */
const looked = 9;

/** Time that each step usually takes, in seconds; missing if no good backup has it. */
export interface Usual {
  dump?: number;
  proof?: number;
}

/** Returns the median time of each step of the newest good backups of a database. */
export async function usual({ catalogue }: With<'catalogue'>, { database }: { database: string }): Promise<Usual> {
  const { items } = await catalogue.backups.list({ database, limit: looked });
  const good = items.filter(isGood);
  const [dump, proof] = [median(good.map(({ seconds }) => seconds)), median(good.flatMap(({ proof: { seconds } }) => seconds ?? []))];
  return { ...(dump !== undefined && { dump }), ...(proof !== undefined && { proof }) };
}

function median(values: number[]): number | undefined {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
}
