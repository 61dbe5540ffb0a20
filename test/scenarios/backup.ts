import { expect, it } from 'vitest';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { identitiesPrefix, ownersPrefix } from '../../core/names.ts';
import type { Vault } from '../../core/vault/vault.ts';
import type { ExecutionEnd } from '../../core/workflow/execution.ts';
import type { TestClock } from '../support/clock.ts';

/** A platform on which the workflow runs, with a database `main` that can be backed up. */
export interface ScenarioHome {
  catalogue: Catalogue;
  vault: Vault;
  clock: TestClock;
  /** Serves a slot of `main`, from the request to the execution's end. */
  serve(slot: string): Promise<ExecutionEnd>;
  mails(): Promise<string[]>;
  /** Contents of the database, and the end of its dump's name. */
  source: { tables: number; rows: number; extension: string };
  /** Makes the database unreachable; returns the name of the error that says so. */
  takeAway(): Promise<string>;
  /** Lists unfinished writes to the vault. */
  unfinished(): Promise<string[]>;
}

/** Scenarios that hold in both homes. */
export function backupScenarios(make: () => Promise<ScenarioHome>): void {
  it('backs up, proves, publishes and records', async () => {
    const home = await make();
    const { tables, rows, extension } = home.source;
    const end = await home.serve('2026-11-22T02:00:00Z');
    expect(end).toMatchObject({ status: 'SUCCEEDED', name: 'main-20261122_020000Z' });
    expect(await home.catalogue.backups.get(end.name)).toMatchObject({ status: 'published', proof: { verdict: 'proven' }, tables, rows });
    expect(await home.catalogue.runs.get(end.name)).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(
      (await home.vault.list('')).map(({ key }) => key).filter((key) => !key.startsWith(ownersPrefix) && !key.startsWith(identitiesPrefix('main'))),
    ).toEqual([
      'HOW-TO-RESTORE.md',
      ...['manifest.json', 'proof.json', 'scan.json', `${extension}.zst`].map((ending) => `main/2026/11/backup_20261122_020000Z.${ending}`),
    ]);
    const audit = (await home.catalogue.audit.list()).items;
    expect(audit.map(({ action, subject }) => `${action} ${subject}`)).toEqual([`backup-published ${end.name}`, `backup-requested ${end.name}`]);
    expect(await home.mails()).toEqual([]);
  });

  it('tries four times, at 0, 60, 120 and 180 s, then fails, keeps nothing and sends one mail', async () => {
    const home = await make();
    const error = await home.takeAway();
    const end = await home.serve('2026-11-22T02:00:00Z');
    expect(end).toMatchObject({ status: 'FAILED', error });
    expect(home.clock.slept).toEqual([60, 60, 60]);
    expect(await home.catalogue.runs.get(end.name)).toMatchObject({ status: 'failed', attempts: 4, error: { name: error } });
    expect(await home.vault.list('')).toEqual([]);
    expect(await home.unfinished()).toEqual([]);
    const mails = await home.mails();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toContain(error);
  });
}
