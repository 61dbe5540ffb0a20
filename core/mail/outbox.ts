import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../bytes/storage-error.ts';
import { stampOf } from '../names.ts';
import type { Mailer, Message } from './mailer.ts';

/** Writes each mail as an `.eml` file, for a machine without a mail server. */
export class Outbox implements Mailer {
  readonly #folder: string;
  #sent = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async send(message: Message): Promise<void> {
    // numbered, so that mails of one second stay in their order
    const name = `${stampOf(new Date())}-${String(this.#sent++).padStart(4, '0')}-${randomUUID().slice(0, 8)}.eml`;
    const aside = join(this.#folder, `.${name}`);
    const { mime } = await import('./mime.ts'); // loads nodemailer
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const file = await open(aside, 'wx', 0o600);
      try {
        await file.writeFile(await mime(message));
        await file.sync();
        await rename(aside, join(this.#folder, name));
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      } finally {
        await file.close();
      }
    } catch (error) {
      throw storageError(error, `write a mail into ${this.#folder}`);
    }
  }
}
