import { join } from 'node:path';
import { describe } from 'vitest';
import { Outbox } from '../../core/mail/outbox.ts';
import { SesMailer } from '../../core/mail/ses.ts';
import { SmtpMailer } from '../../core/mail/smtp.ts';
import { describeAws } from '../support/aws.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { mailServer } from '../support/mail-server.ts';
import { sesOfEmulator } from '../support/ses.ts';
import { mailerContract } from './mailer.ts';

describe('the outbox', () =>
  mailerContract(async () => {
    const state = temporaryFolder();
    return {
      mailer: new Outbox(join(state, 'outbox')),
      arrived: async () => mailsOf({ state }).map((content) => ({ content, to: /^To: (.*)$/m.exec(content)?.[1]?.split(', ') ?? [] })),
    };
  }));

describe('the SMTP mailer', () =>
  mailerContract(async () => {
    const { address, received } = await mailServer();
    return { mailer: new SmtpMailer(() => `smtp://${address}`), arrived: async () => received };
  }));

describeAws('the SES mailer', () =>
  mailerContract(async () => {
    const { client, arrived } = await sesOfEmulator('sauvegarde@example.org');
    return { mailer: new SesMailer(client), arrived };
  }),
);
