import { createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigurationError, MailRefusedError } from '../../../core/errors.ts';
import { SmtpMailer } from '../../../core/mail/smtp.ts';
import { addressOf, listening, mailServer, refusal } from '../../support/mail-server.ts';

const message = { from: 'sauvegarde@example.org', to: ['one@example.org', 'two@example.org'], subject: 'subject', text: 'text\n' };
const password = 's3cr€t p/a:s@s';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A URL with user and password. */
function withPassword(address: string, protocol = 'smtp'): string {
  return `${protocol}://alice:${encodeURIComponent(password)}@${address}`;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it was accepted',
    (error: unknown) => error,
  );
}

/** A server that treats its clients as `answer` says; `address` is where. */
async function bareServer(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return addressOf(server);
}

describe('the SMTP mailer', () => {
  it.each(['smtp', 'smtps'])('signs in over TLS and sends by %s', async (protocol) => {
    const logins: unknown[] = [];
    const { address, received } = await mailServer({
      secure: protocol === 'smtps',
      authOptional: false,
      onAuth({ username, password: given }, session, callback) {
        logins.push([username, given, session.secure]);
        callback(null, { user: username });
      },
    });
    const mailer = new SmtpMailer(() => withPassword(address, protocol));
    await mailer.check(message);
    expect(received).toEqual([]);
    await mailer.send(message);
    expect(received).toMatchObject([{ to: message.to, isSecure: true }]);
    expect(logins).toEqual([
      ['alice', password, true],
      ['alice', password, true],
    ]);
  });

  // not every machine has IPv6
  if (Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1')))
    it('sends to an IPv6 address', async () => {
      const { address, received } = await mailServer({}, '::1');
      await new SmtpMailer(() => `smtp://${address}`).send(message);
      expect(address).toContain('[::1]');
      expect(received).toHaveLength(1);
    });

  it('asks for the address anew with every mail', async () => {
    const { address, received } = await mailServer();
    let url = 'smtp://';
    const mailer = new SmtpMailer(() => url);
    await expect(mailer.send(message)).rejects.toBeInstanceOf(ConfigurationError);
    url = `smtp://${address}`;
    await mailer.send(message);
    expect(received).toHaveLength(1);
  });
});

describe('a mail server that refuses', () => {
  it('the sender', async () => {
    const { address, received } = await mailServer({ onMailFrom: (_, __, callback) => callback(refusal(550, 'sender not welcome')) });
    const error = await failure(new SmtpMailer(() => `smtp://${address}`).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toMatch(/127\.0\.0\.1 refused.*sender not welcome/);
    expect(received).toEqual([]);
  });

  it('one of two recipients: the mail went to the other, and the error names the one', async () => {
    const { address, received } = await mailServer({
      onRcptTo: ({ address: to }, _, callback) => callback(to === 'two@example.org' ? refusal(550, 'no such person') : null),
    });
    const error = await failure(new SmtpMailer(() => `smtp://${address}`).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('two@example.org');
    expect(String(error)).not.toContain('one@example.org');
    expect(error).toMatchObject({ partly: true });
    expect(received.map(({ to }) => to)).toEqual([['one@example.org']]);
  });

  it('every recipient', async () => {
    const { address, received } = await mailServer({ onRcptTo: (_, __, callback) => callback(refusal(550, 'no such person')) });
    const error = await failure(new SmtpMailer(() => `smtp://${address}`).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('no such person');
    expect(error).toMatchObject({ partly: false });
    expect(received).toEqual([]);
  });

  it('the message itself, and takes it when it is tried again', async () => {
    let isFirst = true;
    const { address, received } = await mailServer({
      onRcptTo(_, __, callback) {
        callback(isFirst ? refusal(451, 'come back later') : null);
      },
    });
    const mailer = new SmtpMailer(() => `smtp://${address}`);
    const error = await failure(mailer.send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('come back later');
    isFirst = false;
    await mailer.send(message);
    expect(received).toHaveLength(1);
  });

  it.each(['send', 'check'] as const)('the password, when asked to %s', async (method) => {
    const { address, received } = await mailServer({ onAuth: (_, __, callback) => callback(refusal(535, 'wrong credentials')) });
    const mailer = new SmtpMailer(() => withPassword(address));
    const error = await failure(method === 'send' ? mailer.send(message) : mailer.check(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('wrong credentials');
    expect(received).toEqual([]);
  });

  it('a sender or a recipient, which a check tells without sending anything', async () => {
    const { address, received } = await mailServer({
      onMailFrom: ({ address: from }, _, callback) => callback(from.startsWith('sauvegarde@') ? null : refusal(553, 'not your address')),
      onRcptTo: ({ address: to }, _, callback) => callback(to.startsWith('one@') ? null : refusal(550, 'no such mailbox')),
    });
    const mailer = new SmtpMailer(() => `smtp://${address}`);
    await mailer.check({ ...message, to: ['one@example.org'] });
    const error = await failure(mailer.check(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toMatch(/RCPT TO:<two@example.org> \(550 .*no such mailbox\)/);
    expect(String(error)).not.toContain('one@');
    expect(String(await failure(mailer.check({ ...message, from: 'other@example.org' })))).toMatch(/MAIL FROM:<other@example.org> \(553 /);
    expect(received).toEqual([]);
  });

  it.each([
    ['before it greets', ''],
    ['after it greeted', '220 hello\r\n'],
  ])('any talk, by hanging up %s', async (_, greeting) => {
    const address = await bareServer((socket) => socket.end(greeting));
    for (const work of ['send', 'check'] as const) {
      const mailer = new SmtpMailer(() => `smtp://${address}`);
      expect(await failure(work === 'send' ? mailer.send(message) : mailer.check(message))).toBeInstanceOf(MailRefusedError);
    }
  });

  it('to let a message end, by hanging up in the middle of it', async () => {
    const address = await bareServer((socket) => {
      socket.write('220 hello\r\n');
      let isText = false;
      socket.on('data', (chunk) => {
        if (isText) socket.destroy();
        else if (/^DATA/im.test(chunk.toString())) {
          isText = true;
          socket.write('354 go on\r\n');
        } else socket.write('250 fine\r\n'.repeat(chunk.toString().trim().split('\n').length));
      });
    });
    const error = await failure(new SmtpMailer(() => `smtp://${address}`).send({ ...message, text: 'a long line\n'.repeat(100_000) }));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toMatch(/closed|ECONNRESET|EPIPE/);
  });

  it.each([
    ['greets', ''],
    ['answers', '220 hello\r\n'],
  ])('by silence: it never %s', async (_, greeting) => {
    const address = await bareServer((socket) => {
      if (greeting !== '') socket.write(greeting);
    });
    const error = await failure(new SmtpMailer(() => `smtp://${address}`, 150).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toMatch(/timeout|never received/i);
  });

  it('by not being there', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await listening(gone);
    const address = addressOf(gone);
    await new Promise((resolve) => gone.close(resolve));
    const error = await failure(new SmtpMailer(() => `smtp://${address}`).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('ECONNREFUSED');
  });

  it('by speaking no TLS where TLS was asked for', async () => {
    const { address } = await mailServer();
    expect(await failure(new SmtpMailer(() => `smtps://${address}`, 1000).send(message))).toBeInstanceOf(MailRefusedError);
  });
});

describe('the password', () => {
  const echoes = [password, encodeURIComponent(password), base64(password), base64(`\0alice\0${password}`)];
  const forms = [...echoes, 's3cr'];

  it.each([
    ['is wrong', (callback: (error: Error) => void) => callback(refusal(535, 'wrong credentials'))],
    ...echoes.map(
      (echo, index) => [`is repeated by the server (form ${index})`, (callback: (error: Error) => void) => callback(refusal(535, `not ${echo}!`))] as const,
    ),
  ] as const)('is in no error when it %s', async (_, refuse) => {
    const { address } = await mailServer({ onAuth: (__, ___, callback) => refuse(callback) });
    const error = await failure(new SmtpMailer(() => withPassword(address)).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    const everything = inspect(error, { depth: 10, showHidden: true });
    for (const form of forms) expect(everything).not.toContain(form);
  });

  it.each([
    ['a host is missing', (secret: string) => `smtp://alice:${secret}@`],
    ['the protocol is another', (secret: string) => `https://alice:${secret}@mail.example.org`],
    ['it is no URL', (secret: string) => `alice:${secret}`],
    ['a percent sign begins no code', (secret: string) => `smtp://alice:${secret}100%@mail.example.org`],
  ])('is in no error when %s', async (_, url) => {
    const error = await failure(new SmtpMailer(() => url(encodeURIComponent(password))).send(message));
    expect(error).toBeInstanceOf(ConfigurationError);
    const everything = inspect(error, { depth: 10, showHidden: true });
    for (const form of forms) expect(everything).not.toContain(form);
    expect(String(error)).toContain('local.mail.smtp');
  });

  it('is in no error when the server is not there', async () => {
    const error = await failure(new SmtpMailer(() => withPassword('127.0.0.1:1')).send(message));
    expect(error).toBeInstanceOf(MailRefusedError);
    const everything = inspect(error, { depth: 10, showHidden: true });
    for (const form of forms) expect(everything).not.toContain(form);
  });
});
