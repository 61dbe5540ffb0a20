import { createHmac, randomUUID } from 'node:crypto';
import type { Notice } from './notifier.ts';

/** A request that a service understands. */
export interface Prepared {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

export type Preset = 'slack' | 'teams' | 'discord' | 'googleChat' | 'ntfy' | 'webhook';

/** Prepares a notice for a service, whose address this is. `key` signs a generic webhook. */
export function prepared(preset: Preset, address: URL, notice: Notice, key?: string): Prepared {
  return preset === 'webhook' ? signed(address, notice, key) : shapes[preset](address, notice);
}

const shapes: Record<Exclude<Preset, 'webhook'>, (url: URL, notice: Notice) => Prepared> = {
  /**
   * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: a text for notifications, and blocks. A
   * header has 150 characters at most (https://docs.slack.dev/reference/block-kit/blocks/header-block), a section 3,000
   * (https://docs.slack.dev/reference/block-kit/blocks/section-block), in which an escaped character counts as four or
   * five (https://docs.slack.dev/messaging/formatting-message-text).
   */
  slack: (url, { letter: { facts, subject, title } }) =>
    json(url, {
      text: slackText(subject),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(title, 150) } },
        ...facts.map(({ label, paragraphs }) => ({
          type: 'section',
          text: { type: 'mrkdwn', text: `*${slackText(label)}*\n${cutSlackText(paragraphs.join('\n'), 2000)}`, verbatim: true },
        })),
      ],
    }),
  /**
   * A workflow takes adaptive cards alone (https://learn.microsoft.com/power-automate/teams/send-a-message-in-teams),
   * as attachments of a message of some 28 KB at most (https://learn.microsoft.com/connectors/teams/). Their texts are
   * Markdown: https://adaptivecards.io/explorer/TextBlock.html
   */
  teams: (url, { letter: { facts, title, tone } }) =>
    json(url, {
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              { type: 'TextBlock', text: markdownText(title), weight: 'Bolder', size: 'Medium', wrap: true, color: tone === 'alarm' ? 'Attention' : 'Good' },
              ...facts.flatMap(({ label, paragraphs }) => [
                { type: 'TextBlock', text: markdownText(label), isSubtle: true, spacing: 'Medium', wrap: true },
                ...paragraphs.map((text) => ({ type: 'TextBlock', text: markdownText(cut(text, 2000)), spacing: 'None', wrap: true })),
              ]),
            ],
          },
        },
      ],
    }),
  /**
   * https://docs.discord.com/developers/resources/webhook#execute-webhook. A title and the name of a field have 256
   * characters at most, its value 1,024, and all of an embed 6,000
   * (https://docs.discord.com/developers/resources/message#embed-object-embed-limits).
   */
  discord: (url, { at, letter: { facts, title, tone } }) =>
    json(url, {
      username: 'Sauvegarde',
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: cut(title, 256),
          color: tone === 'alarm' ? 0xb3261e : 0x1b6e3c,
          timestamp: at,
          fields: facts.map(({ label, paragraphs }) => ({ name: cut(label, 256), value: cut(markdownText(paragraphs.join('\n')), 1000) })),
        },
      ],
    }),
  /**
   * https://developers.google.com/workspace/chat/quickstart/webhooks: a text, with the formats of
   * https://developers.google.com/workspace/chat/format-messages. A message has 32,000 bytes at most
   * (https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create).
   */
  googleChat: (url, { letter: { facts, title } }) =>
    json(url, {
      text: [`*${chatText(title)}*`, ...facts.map(({ label, paragraphs }) => `*${chatText(label)}*\n${chatText(cut(paragraphs.join('\n'), 2000))}`)].join(
        '\n\n',
      ),
    }),
  /**
   * https://docs.ntfy.sh/publish/#publish-as-json: the topic goes into the body. A message has 4,096 bytes at most; a
   * longer one becomes a file (https://docs.ntfy.sh/publish/#limitations).
   */
  ntfy: (url, { letter: { facts, title, tone } }) => {
    const [topic = '', ...path] = url.pathname.split('/').filter(Boolean).reverse();
    const root = new URL(url);
    root.pathname = `/${path.reverse().join('/')}`;
    const message = facts.map(({ label, paragraphs }) => `${label}: ${paragraphs.join(' ')}`).join('\n');
    return json(root, {
      topic: decodeURIComponent(topic),
      title: cut(title, 250),
      message: cut(message, 1300), // a character has three bytes at most here
      priority: tone === 'alarm' ? 4 : 3,
      tags: [tone === 'alarm' ? 'warning' : 'white_check_mark'],
    });
  },
};

/**
 * Prepares a generic webhook, with the headers of https://www.standardwebhooks.com: the signature is the HMAC-SHA-256
 * of `id.timestamp.body`. A key that begins with `whsec_` is base64; any other is text.
 */
function signed(url: URL, { at, database, event, kind, letter: { subject, text } }: Notice, key: string | undefined): Prepared {
  const { body, headers } = json(url, { type: `sauvegarde.${event}`, timestamp: at, data: { database: database ?? null, kind: kind ?? null, subject, text } });
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.parse(at) / 1000));
  const secret = key === undefined ? undefined : key.startsWith('whsec_') ? Buffer.from(key.slice(6), 'base64') : Buffer.from(key);
  const signature = secret && createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    url,
    body,
    headers: { ...headers, 'webhook-id': id, 'webhook-timestamp': timestamp, ...(signature !== undefined && { 'webhook-signature': `v1,${signature}` }) },
  };
}

function json(url: URL, content: object): Prepared {
  return { url, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(content) };
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1).toWellFormed()}…` : text;
}

/** Escapes Slack's three special characters. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Escapes a text, and then cuts it, but no escaped character in two. */
function cutSlackText(text: string, longest: number): string {
  return cut(slackText(text), longest).replace(/&[a-z]*…$/, '…');
}

/** Escapes what Markdown would take for a format or a link. */
function markdownText(text: string): string {
  return text.replace(/[\\*_~`|>[\]#]/g, '\\$&');
}

/** Takes away the character that begins a link or a mention in Google Chat, which knows no escape. */
function chatText(text: string): string {
  return text.replaceAll('<', '‹');
}
