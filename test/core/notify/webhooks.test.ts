import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ConfigInput, env, parseConfig } from '../../../core/config/config.ts';
import { messagesIn } from '../../../core/mail/messages/languages.ts';
import type { Notice } from '../../../core/notify/notifier.ts';
import { type Preset, prepared } from '../../../core/notify/presets.ts';
import { Webhooks } from '../../../core/notify/webhooks.ts';
import { freePort } from '../../support/free-port.ts';
import { backupOf, incidentOf } from '../../support/records.ts';
import { webhookReceiver } from '../../support/webhook-receiver.ts';

const at = '2026-11-22T08:00:00.000Z';
const secretPath = '/services/T000/hidden-path';

/** A notice about tables with names that formats and mentions are made of. */
function noticeOf(message = 'there is no file /srv/app.sqlite3'): Notice {
  const incident = {
    ...incidentOf('2026-11-22T05:00:00Z'),
    last: { ...incidentOf('2026-11-22T05:00:00Z').last, error: { name: 'SourceMissingError', message } },
  };
  const letter = messagesIn('en').alert(incident, backupOf('2026-11-21T05:00:00Z'), new Date(at), 'UTC');
  return { event: 'alert', letter, at, database: 'main', kind: 'backup-failed' };
}

/** Webhooks of a configuration, with values for the variables that it names. */
function webhooks(config: Partial<ConfigInput>, variables: Record<string, string>, patienceMs = 2000): Webhooks {
  const parsed = parseConfig({ databases: { main: { engine: 'sqlite', file: 'x' } }, ...config }, 'the test');
  return new Webhooks(
    parsed,
    async (reference) => (typeof reference === 'object' && 'env' in reference ? (variables[reference.env] ?? '') : String(reference)),
    patienceMs,
  );
}

async function receivedBy(way: NonNullable<ConfigInput['notify']>[number], path: string, message?: string) {
  const { received, url } = await webhookReceiver();
  const [preset = ''] = Object.keys(way);
  await webhooks({ notify: [way] }, { URL: `${url}${path}`, KEY: 'hidden-key' }).send(preset, noticeOf(message));
  expect(received).toHaveLength(1);
  const [{ body = '', headers = {}, method = '', path: called = '' } = {}] = received;
  expect({ method, type: headers['content-type'] }).toEqual({ method: 'POST', type: 'application/json; charset=utf-8' });
  return { content: JSON.parse(body), text: body, headers, path: called };
}

describe('a preset sends what its documentation asks for', () => {
  it('slack: a text for notifications, a header and sections', async () => {
    const { content, path } = await receivedBy({ slack: env('URL') }, secretPath, 'a <!channel> & more');
    expect(path).toBe(secretPath);
    expect(content.text).toBe('[Sauvegarde] main: the backup failed');
    expect(content.blocks[0]).toEqual({ type: 'header', text: { type: 'plain_text', text: 'Database main: the backup failed.' } });
    expect(content.blocks[1]).toMatchObject({ type: 'section', text: { type: 'mrkdwn' } });
    expect(content.blocks[1].text.text).toContain('*What happened*\n');
    expect(content.blocks[1].text.text).toContain('a &lt;!channel&gt; &amp; more');
  });

  it('teams: an adaptive card in a message', async () => {
    const { content } = await receivedBy({ teams: env('URL') }, '/workflows/1', 'table _a_ *b*');
    expect(content).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard', version: '1.4' } }],
    });
    const { body } = content.attachments[0].content;
    expect(body[0]).toMatchObject({ type: 'TextBlock', text: 'Database main: the backup failed.', wrap: true, color: 'Attention' });
    expect(body.map(({ text }: { text: string }) => text)).toContain('table \\_a\\_ \\*b\\*');
  });

  it('discord: an embed that mentions nobody', async () => {
    const { content } = await receivedBy({ discord: env('URL') }, '/api/webhooks/1/hidden', '@everyone');
    expect(content).toMatchObject({
      allowed_mentions: { parse: [] },
      embeds: [{ title: 'Database main: the backup failed.', timestamp: at, color: 0xb3261e }],
    });
    expect(content.embeds[0].fields[0].name).toBe('What happened');
  });

  it('googleChat: a text without links and mentions', async () => {
    const { content, path } = await receivedBy({ googleChat: env('URL') }, '/v1/spaces/X/messages?key=k&token=hidden', '<users/all>');
    expect(path).toBe('/v1/spaces/X/messages?key=k&token=hidden');
    expect(Object.keys(content)).toEqual(['text']);
    expect(content.text).toMatch(/^\*Database main: the backup failed\.\*\n\n\*What happened\*\n/);
    expect(content.text).toContain('‹users/all>');
  });

  it('ntfy: the topic in the body, sent to the root, with a token as a password', async () => {
    const { received, url } = await webhookReceiver();
    await webhooks({ notify: [{ ntfy: env('URL') }] }, { URL: `${url.replace('//', '//:tk_hidden@')}/push/backups` }).send('ntfy', noticeOf());
    const [{ body = '', headers = {}, path = '' } = {}] = received;
    expect(path).toBe('/push');
    expect(headers.authorization).toBe('Bearer tk_hidden');
    expect(JSON.parse(body)).toMatchObject({ topic: 'backups', title: 'Database main: the backup failed.', priority: 4, tags: ['warning'] });
    expect(Buffer.byteLength(JSON.parse(body).message)).toBeLessThan(4096);
  });

  it('webhook: plain fields, signed as Standard Webhooks are', async () => {
    const { content, headers, text } = await receivedBy({ webhook: env('URL'), key: env('KEY') }, '/hook');
    expect(content).toMatchObject({
      type: 'sauvegarde.alert',
      timestamp: at,
      data: { database: 'main', kind: 'backup-failed', subject: '[Sauvegarde] main: the backup failed' },
    });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    expect(headers['webhook-timestamp']).toBe(String(Date.parse(at) / 1000));
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'hidden-key').update(signed).digest('base64')}`);
  });

  it.each(['slack', 'teams', 'discord', 'googleChat', 'ntfy'] as const)('%s: a message of a megabyte is cut to what is taken', async (preset) => {
    const { text } = await receivedBy({ [preset]: env('URL') } as never, '/a/b', 'é'.repeat(1_000_000));
    expect(Buffer.byteLength(text)).toBeLessThan(28_000);
  });
});

describe('a message is cut to what the documentation allows, after it was escaped', () => {
  const contentOf = (preset: Preset, message: string) => JSON.parse(prepared(preset, new URL('https://example.org/a/b'), noticeOf(message)).body);
  const bytesOf = (content: unknown) => Buffer.byteLength(JSON.stringify(content));
  const longest = (texts: (string | undefined)[]) => Math.max(...texts.map((text = '') => text.length));

  it.each(['<', '&>', '*_`', '"', '\\', '\n', '漢', '💾', '\u0001', 'a b'])('of many %j', (part) => {
    const message = part.repeat(100_000);
    const { blocks } = contentOf('slack', message);
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(150);
    expect(longest(blocks.map(({ text }: { text: { text: string } }) => text.text))).toBeLessThanOrEqual(3000);
    for (const { text } of blocks.slice(1)) expect(text.text).not.toMatch(/&(?!amp;|lt;|gt;)/);
    const [{ fields, title }] = contentOf('discord', message).embeds;
    expect(title.length).toBeLessThanOrEqual(256);
    expect(longest(fields.map(({ value }: { value: string }) => value))).toBeLessThanOrEqual(1024);
    expect(title.length + fields.reduce((sum: number, { name, value }: Record<string, string>) => sum + `${name}${value}`.length, 0)).toBeLessThanOrEqual(6000);
    expect(bytesOf(contentOf('teams', message))).toBeLessThan(28_000);
    expect(bytesOf(contentOf('googleChat', message))).toBeLessThan(32_000);
    expect(Buffer.byteLength(contentOf('ntfy', message).message)).toBeLessThan(4096);
  });
});

describe('a webhook', () => {
  const way = { slack: env('URL') };
  const errorOf = async (url: string) => {
    const error: Error = await webhooks({ notify: [way] }, { URL: url }, 300)
      .send('slack', noticeOf())
      .then(
        () => new Error('it was taken'),
        (reason) => reason,
      );
    expect(`${error.name} ${error.message} ${error.stack} ${String((error as { cause?: unknown }).cause)}`).not.toMatch(/hidden|T000|tk_|127\.0\.0\.1/);
    return error;
  };

  it.each<[string, Parameters<typeof webhookReceiver>[0], RegExp]>([
    ['hangs', () => undefined, /no answer within 0.3 s/],
    ['answers 500', (response) => void response.writeHead(500).end('hidden words of a server'), /answers 500/],
    ['answers 404', (response) => void response.writeHead(404).end(), /answers 404/],
    [
      'redirects elsewhere',
      (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/hidden' }).end(),
      /redirect \(302\), which is not followed/,
    ],
    ['breaks off', (response) => void response.destroy(), /could not be reached: \w+/],
  ])('that %s is refused, in bounded time', async (_, answer, words) => {
    const { url } = await webhookReceiver(answer);
    const error = await errorOf(`${url}${secretPath}`);
    expect(error).toMatchObject({ name: 'WebhookRefusedError', message: expect.stringMatching(words) });
  });

  it('that answers without end is taken by its first line', async () => {
    let stopped = false;
    const { received, url } = await webhookReceiver((response) => {
      response.writeHead(200);
      const more = () => !response.destroyed && response.write(Buffer.alloc(1_000_000)) && setImmediate(more);
      response.on('drain', more).on('close', () => (stopped = true));
      more();
    });
    await webhooks({ notify: [way] }, { URL: `${url}${secretPath}` }).send('slack', noticeOf());
    await expect.poll(() => stopped).toBe(true);
    expect(received).toHaveLength(1);
  });

  it('that nobody listens to is refused, by the code of the system', async () => {
    const error = await errorOf(`http://127.0.0.1:${await freePort()}${secretPath}`);
    expect(error).toMatchObject({ name: 'WebhookRefusedError', message: 'slack could not be reached: ECONNREFUSED' });
  });

  it('at a port that is never called says so', async () => {
    expect(await errorOf(`http://127.0.0.1:1${secretPath}`)).toMatchObject({
      name: 'WebhookRefusedError',
      message: expect.stringContaining('its port is one of'),
    });
  });

  it.each(['hidden-not-a-url', 'ftp://hidden/T000', '', 'file:///etc/hidden'])('whose address is none (%s) is a mistake that is not shown', async (url) => {
    expect(await errorOf(url)).toMatchObject({ name: 'ConfigurationError', message: 'the address for notify: slack is not one; write https://…' });
  });

  it('of a kind that is there twice has a number', () => {
    expect(webhooks({ notify: [{ slack: 'a' }, { ntfy: 'b' }, { slack: 'c' }] }, {}).ways).toEqual(['slack', 'ntfy', 'slack 2']);
  });
});

describe('a heartbeat', () => {
  it.each<[string, string, string[]]>([
    ['healthchecks.io', '/4f1-uuid', ['/4f1-uuid/start', '/4f1-uuid', '/4f1-uuid/fail']],
    ['a slug with a query', '/key/backup/?create=1', ['/key/backup/start?create=1', '/key/backup/?create=1', '/key/backup/fail?create=1']],
    ['Uptime Kuma', '/api/push/KEY?status=up&msg=OK&ping=', ['/api/push/KEY?status=up&msg=OK&ping=', '/api/push/KEY?status=down&msg=the+backup+failed&ping=']],
  ])('of %s is called as that asks', async (_, path, calls) => {
    const { received, url } = await webhookReceiver();
    const notifier = webhooks({ heartbeat: env('URL') }, { URL: `${url}${path}` });
    for (const beat of ['start', 'success', 'fail'] as const) await notifier.beat('main', beat);
    expect(received.map((each) => each.path)).toEqual(calls);
    expect(received.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('of a database goes before that of all, and without one nothing is called', async () => {
    const { received, url } = await webhookReceiver();
    const databases = { main: { engine: 'sqlite', file: 'x', heartbeat: env('OWN') }, shop: { engine: 'sqlite', file: 'y' } } as const;
    const notifier = webhooks({ databases, heartbeat: env('ALL') }, { OWN: `${url}/own`, ALL: `${url}/all` });
    await notifier.beat('main', 'success');
    await notifier.beat('shop', 'success');
    await webhooks({}, {}).beat('main', 'success');
    expect(received.map(({ path }) => path)).toEqual(['/own', '/all']);
  });
});

describe('the configuration', () => {
  const mistakeIn = (config: object) => {
    try {
      parseConfig({ databases: { main: { engine: 'sqlite', file: 'x' } }, ...config }, 'the test');
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it.each([
    { notify: [{ slak: 'https://hooks.slack.com/hidden' }] },
    { notify: 'https://hooks.slack.com/hidden' },
    { notify: ['https://hooks.slack.com/hidden'] },
    { notify: [{ slack: 5 }] },
    { notify: [{ slack: { env: 'https://hooks.slack.com/hidden' } }] },
    { heartbeat: { url: 'https://hc-ping.com/hidden' } },
    { databases: { main: { engine: 'sqlite', file: 'x', heartbeat: ['https://hc-ping.com/hidden'] } } },
  ])('with the mistake %j says what to write, and shows no address', (config) => {
    expect(mistakeIn(config)).toMatch(/write|not an option/);
    expect(mistakeIn(config)).not.toContain('hidden');
  });

  it('that was read once can be read again', () => {
    const config = {
      notify: [{ webhook: { secret: 'prod/hook' }, key: env('KEY') }],
      heartbeat: env('BEAT'),
      storageBudget: '50 GB',
      databases: { main: { engine: 'sqlite', file: 'x', minimumSize: '2 MB' } },
    };
    const parsed = parseConfig(config, 'the test');
    expect(parsed).toMatchObject({ storageBudget: 50e9, databases: { main: { minimumSize: 2e6 } } });
    expect(parseConfig(parsed, 'again')).toEqual(parsed);
  });
});
