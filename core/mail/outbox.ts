import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../errors.ts';
import { stampOf } from '../names.ts';
import type { Mailer, Message } from './mailer.ts';
import { mime } from './mime.ts';

/** Writes each mail as an `.eml` file, for a machine without a mail server. */
export class Outbox implements Mailer {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async send(message: Message): Promise<void> {
    const name = `${stampOf(new Date())}-${randomUUID().slice(0, 8)}.eml`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const aside = join(this.#folder, `.${name}`);
      const file = await open(aside, 'wx', 0o600);
      try {
        await file.writeFile(await mime(message));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(aside, join(this.#folder, name));
    } catch (error) {
      throw storageError(error, `write a mail into ${this.#folder}`);
    }
  }
}
