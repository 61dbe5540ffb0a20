import { all } from '../../catalogue/page.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import type { Channel, Channels } from '../../notify/channels.ts';
import type { With } from '../../platform.ts';

const kind = 'channel-unconfirmed';

/** Returns the ways of telling people that wait for their confirmation. */
export async function unconfirmed(channels: Channels): Promise<Channel[]> {
  return (await channels.look()).filter(({ isConfirmed }) => !isConfirmed);
}

/**
 * Asks again for confirmations once a day: in the watch that began at `begun`, if that has repeated the incident's
 * alert. If the sender of mails is not confirmed, tells those whose alarms are.
 */
export async function askAgain(platform: With<'catalogue'> & { channels: Channels }, pending: readonly Channel[], begun: Date): Promise<void> {
  const { catalogue, channels, config } = platform;
  const incident = (await all((page) => catalogue.incidents.list(page))).find((open) => open.kind === kind);
  if (!incident || incident.count === 1 || incident.last.at < begun.toISOString()) return;
  await channels.askAgain(pending);
  if (!pending.some((channel) => channel.kind === 'sender')) return;
  const { message, remedy } = messagesIn(config.language).watched[kind];
  await channels.publish('Sauvegarde', `${message(incident.last.details ?? {}, config.timeZone)}\n\n${remedy}`);
}
