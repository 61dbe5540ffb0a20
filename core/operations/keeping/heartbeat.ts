import { reasonOf } from '../../errors.ts';
import type { Beat } from '../../notify/notifier.ts';
import type { With } from '../../platform.ts';

/** Tells the database's service what its run does. A failure is logged: it must not stop the run. */
export async function beat({ log, notifier }: With<'notifier'>, database: string, event: Beat): Promise<void> {
  try {
    await notifier.beat(database, event);
  } catch (error) {
    log.warn(`the heartbeat of ${database} (${event}) was not delivered: ${reasonOf(error).message}`);
  }
}
