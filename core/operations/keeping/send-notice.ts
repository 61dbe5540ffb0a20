import type { Notice } from '../../notify/notifier.ts';
import type { With } from '../../platform.ts';

/** Name of the way that is mail; no other way has it. */
const byMail = 'mail';

/** Returns the ways of telling people: mail, if there are administrators, and those of the configuration. */
export function waysOf({ config, notifier }: With<'notifier'>): string[] {
  return [...(config.administrators.length > 0 ? [byMail] : []), ...notifier.ways];
}

/** Tells people by one way. Throws if it does not take the notice. */
export async function sendBy({ config, mailer, notifier }: With<'mailer' | 'notifier'>, way: string, notice: Notice): Promise<void> {
  if (way !== byMail) return notifier.send(way, notice);
  const { html, subject, text } = notice.letter;
  await mailer.send({ from: config.sender, to: config.administrators, subject, text, html });
}
