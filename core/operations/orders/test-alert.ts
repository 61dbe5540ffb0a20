import { reasonOf } from '../../errors.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import type { With } from '../../platform.ts';
import { sendBy, waysOf } from '../keeping/send-notice.ts';

/** Result of a test by one way: `mail`, or a way of the configuration. */
export interface Delivered {
  way: string;
  /** Missing if it arrived. */
  error?: { name: string; message: string };
}

/** Sends a test by every way of telling people, and reports which took it. */
export async function testAlert(platform: With<'mailer' | 'notifier'>): Promise<Delivered[]> {
  const { clock, config } = platform;
  const letter = messagesIn(config.language).test(clock.now(), config.timeZone);
  return Promise.all(
    waysOf(platform).map(async (way): Promise<Delivered> => {
      try {
        await sendBy(platform, way, { event: 'test', letter, at: clock.now().toISOString() });
        return { way };
      } catch (error) {
        return { way, error: reasonOf(error) };
      }
    }),
  );
}
