import { expect, it } from 'vitest';
import type { Verdict } from '../../../../core/documents/proof.ts';
import { reportFlaws } from '../../../../core/operations/keeping/soundness.ts';
import { mailsOf } from '../../../support/mail.ts';
import { testPlatform } from '../../../support/platform.ts';

const incidentsAfter = async (...verdicts: Verdict[]) => {
  const platform = await testPlatform();
  for (const [day, verdict] of verdicts.entries())
    await reportFlaws(platform, {
      id: `main-2026112${day}_020000Z`,
      database: 'main',
      proof: { verdict },
      flaws: ['CHECK CONSTRAINT fits of public.note: a row violates it'],
    });
  return { open: (await platform.catalogue.incidents.list()).items, mails: mailsOf(platform) };
};

it('a flawed backup opens an incident, and the mail names its flaws', async () => {
  const { open, mails } = await incidentsAfter('flawed', 'flawed');
  expect(open).toMatchObject([{ kind: 'backup-flawed', count: 2, last: { error: { name: 'BackupFlawedError' } } }]);
  expect(mails).toEqual([expect.stringContaining('CHECK CONSTRAINT fits of public.note: a row violates it')]);
});

it.each<Verdict>(['proven', 'partial'])('a %s one ends it, and says so', async (verdict) => {
  const { open, mails } = await incidentsAfter('flawed', verdict);
  expect(open).toEqual([]);
  expect(mails).toHaveLength(2);
});

it.each<Verdict>(['none', 'refuted'])('one whose verdict is %s leaves it open', async (verdict) => {
  expect((await incidentsAfter('flawed', verdict)).open).toHaveLength(1);
});
