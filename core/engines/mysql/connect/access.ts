import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { storageError } from '../../../bytes/storage-error.ts';
import { certificatesOfRds, rdsAuthorities } from '../../server/rds-authorities.ts';
import type { Family } from '../family.ts';
import type { Connection } from './connection.ts';
import { optionFileFor } from './option-file.ts';

/**
 * Access to a database for client programs, until it is disposed of. A private folder holds the password and the
 * certificate authorities meanwhile.
 */
export class Access implements AsyncDisposable {
  readonly connection: Connection;
  readonly #folder: string;

  private constructor(connection: Connection, folder: string) {
    this.connection = connection;
    this.#folder = folder;
  }

  static async open(connection: Connection, scratch: string): Promise<Access> {
    const folder = await mkdtemp(join(scratch, 'access-')).catch((error: unknown) => {
      throw storageError(error, `make a private folder in ${scratch}`);
    });
    const access = new Access(connection, folder);
    try {
      const authorities = await access.#authorities();
      for (const family of ['mysql', 'mariadb'] as const) await access.#write(`${family}.cnf`, optionFileFor(family, connection, authorities));
      return access;
    } catch (error) {
      await access[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Returns the arguments that a program of this family needs first. They make it read this option file alone, neither
   * the machine's nor the user's own.
   */
  argumentsFor(family: Family): string[] {
    return [`--defaults-file=${join(this.#folder, `${family}.cnf`)}`];
  }

  async #authorities(): Promise<string | undefined> {
    const { authorities, tls } = this.connection;
    if (!tls.startsWith('VERIFY_') || (authorities !== undefined && authorities !== rdsAuthorities)) return authorities;
    const known = authorities === undefined ? rootCertificates : [];
    return this.#write('authorities.pem', [...known, await certificatesOfRds(), ''].join('\n'));
  }

  async #write(name: string, content: string): Promise<string> {
    const file = join(this.#folder, name);
    try {
      await writeFile(file, content, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      throw storageError(error, `write ${file}`);
    }
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
