import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { openConnection } from '../../../../../core/engines/postgres/connect/open-connection.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { ranBy } from '../../../../support/postgres-dump.ts';
import { postgresServer } from '../../../../support/postgres-servers.ts';
import { urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it(
  "with sslrootcert=rds Amazon's authorities lie in a private file, which psql can read, and which is gone afterwards",
  async () => {
    const scratch = temporaryFolder();
    const server = await postgresServer(18);
    const opened = await openConnection(urlOf(server, 'postgres', { parameters: { sslrootcert: 'rds' } }), scratch);
    const file = opened.connection.PGSSLROOTCERT ?? '';
    expect(dirname(file)).toBe(scratch);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const certificates = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    expect(certificates.length).toBeGreaterThan(100);
    expect(certificates.some((text) => new X509Certificate(text).subject.includes('Amazon RDS eu-west-3 Root CA'))).toBe(true);
    const { said } = await ranBy('psql', ['-XAtqwc', 'SELECT 1'], opened.connection);
    expect(said).toMatch(/certificate verify failed/); // not "could not read root certificate file"
    await opened[Symbol.asyncDispose]();
    expect(() => statSync(file)).toThrow('ENOENT');
  },
  coldStart,
);
