import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ScratchServer } from '../../../../core/engines/postgres/prove/scratch-server.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { never } from '../../../support/never.ts';
import { ranBy } from '../../../support/postgres-dump.ts';
import { postgresDump, postgresProof } from '../../../support/postgres-work.ts';
import { coldStart, launcher, serverFolder } from '../../../support/programs.ts';

const canMakeLocales = existsSync('/usr/bin/localedef') && existsSync('/usr/share/i18n/locales/fr_FR');

it.skipIf(!canMakeLocales)(
  'money of a French server is dumped and proven as money of any server',
  async () => {
    const locales = temporaryFolder();
    chmodSync(locales, 0o755); // the server may be another user
    // these two categories of the language itself would take four times as long
    const plain = ['CTYPE', 'COLLATE'];
    const names = 'CTYPE COLLATE MONETARY NUMERIC TIME MESSAGES PAPER NAME ADDRESS TELEPHONE MEASUREMENT IDENTIFICATION'.split(' ');
    const categories = names.map((name) => `LC_${name}\ncopy "${plain.includes(name) ? 'POSIX' : 'fr_FR'}"\nEND LC_${name}\n`);
    writeFileSync(join(locales, 'source'), categories.join(''));
    execFileSync('/usr/bin/localedef', ['-i', join(locales, 'source'), '-f', 'UTF-8', join(locales, 'fr_FR.UTF-8')]);
    const launch = await launcher(await serverFolder(18));
    const french = (program: string) => ({ ...launch(program), env: { LOCPATH: locales } });
    await using server = await ScratchServer.start({ launch: french, scratch: tmpdir(), signal: never, settings: { lc_monetary: 'fr_FR.UTF-8' } });
    const made = await ranBy(
      'psql',
      ['-XAtq', '-f', '-'],
      { ...server.environment, PGOPTIONS: '' },
      "CREATE TABLE public.t (m money); INSERT INTO public.t VALUES ('-1234,50'); TABLE public.t;",
    );
    expect(made).toMatchObject({ status: 0, said: '' });
    expect(made.out.toString()).toMatch(/1.234,50 €/);
    const dump = await postgresDump(`postgres://${server.user}@localhost/postgres?host=${encodeURIComponent(server.host)}`);
    expect(dump.bytes.toString()).toContain('\n-$1,234.50\n');
    expect(await postgresProof(dump)).toMatchObject({ differences: [], unproven: [], notes: [] });
  },
  coldStart,
);
