import { expect, it } from 'vitest';
import type { Mailer, Message } from '../../core/mail/mailer.ts';

/** A mail as it arrived: its recipients, and its headers and text, decoded. */
export interface Arrived {
  to: string[];
  content: string;
}

const message: Message = {
  from: 'sauvegarde@example.org',
  to: ['one@example.org', 'two@example.org'],
  subject: '[Sauvegarde] main : la sauvegarde a échoué',
  text: 'Base main.\n\n.\nCe qui s’est passé : « disque plein » = 100 %\n.the end\n',
};

/**
 * Contract of every mailer (core/mail/mailer.ts). `make` gives a mailer that nothing refuses, and the mails that
 * arrived, in order.
 */
export function mailerContract(make: () => Promise<{ mailer: Mailer; arrived: () => Promise<Arrived[]> }>): void {
  it('has the message accepted for every recipient before it resolves', async () => {
    const { mailer, arrived } = await make();
    await mailer.send(message);
    const mails = await arrived();
    expect(mails.flatMap(({ to }) => to).sort()).toEqual(message.to);
  });

  it('carries sender, recipients, subject and text, in any language, and says that no person wrote it', async () => {
    const { mailer, arrived } = await make();
    await mailer.send(message);
    for (const { content } of await arrived()) {
      expect(content).toContain(`From: ${message.from}\n`);
      expect(content).toContain(`To: ${message.to.join(', ')}\n`);
      expect(content).toContain(`Subject: ${message.subject}\n`);
      expect(content).toContain('Auto-Submitted: auto-generated\n');
      expect(content).toContain(`\n\n${message.text}`);
    }
  });

  it('sends again what it is told to send again', async () => {
    const { mailer, arrived } = await make();
    await mailer.send({ ...message, to: ['one@example.org'] });
    await mailer.send({ ...message, to: ['one@example.org'] });
    expect(await arrived()).toHaveLength(2);
  });

  it('keeps the order of many, and loses none that are sent at once', async () => {
    const { mailer, arrived } = await make();
    const send = (number: number) => mailer.send({ ...message, to: ['one@example.org'], subject: `number ${number}.` });
    for (let number = 0; number < 5; number++) await send(number);
    const subjects = async () => (await arrived()).map(({ content }) => /^Subject: number (\d+)\.$/m.exec(content)?.[1]);
    expect(await subjects()).toEqual(['0', '1', '2', '3', '4']);
    await Promise.all([5, 6, 7, 8, 9].map(send));
    expect((await subjects()).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('lets no line break in a subject add a header', async () => {
    const { mailer, arrived } = await make();
    await mailer.send({ ...message, subject: 'harmless\r\nBcc: three@example.org' });
    const mails = await arrived();
    expect(mails.flatMap(({ to }) => to).sort()).toEqual(message.to);
    for (const { content } of mails) expect(content.split('\n\n')[0]).not.toMatch(/^Bcc:/m);
  });
}
