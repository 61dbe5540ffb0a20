import { expect, it } from 'vitest';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { request, testPlatform } from '../../../support/platform.ts';

const never = new AbortController().signal;

it('two proofs of a backup in one second lie beside each other in the vault', async () => {
  const platform = await testPlatform();
  const { name } = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
  await verify(platform, { backup: name, by: 'test' }, never);
  await verify(platform, { backup: name, by: 'test' }, never);
  const proofs = (await platform.vault.list('main/')).map(({ key }) => key).filter((key) => key.includes('.proof-'));
  expect(proofs).toEqual([
    'main/2026/11/backup_20261122_020000Z.proof-20261122_170000Z.json',
    'main/2026/11/backup_20261122_020000Z.proof-20261122_170001Z.json',
  ]);
  expect((await platform.catalogue.backups.get(name))?.objects.proofs.slice(-2)).toEqual(proofs);
});
