import type { Incident } from '../../catalogue/incidents.ts';
import { itemsOf } from '../../catalogue/page.ts';
import type { With } from '../../platform.ts';

export interface Incidents {
  /** Oldest first. */
  open: Incident[];
  /** The last ones that ended, newest end first. */
  ended: Incident[];
}

/** Lists the open incidents, and the last `ended` that are over. */
export async function listIncidents({ catalogue }: With<'catalogue'>, { ended: most }: { ended: number }): Promise<Incidents> {
  const [open, ended]: [Incident[], Incident[]] = [[], []];
  for await (const incident of itemsOf((page) => catalogue.incidents.list({ ended: true, ...page })))
    (incident.endedAt === undefined ? open : ended).push(incident);
  return { open, ended: ended.sort((one, other) => ((one.endedAt ?? '') < (other.endedAt ?? '') ? 1 : -1)).slice(0, most) };
}
