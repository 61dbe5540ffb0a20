import { readManifest } from '../../documents/manifest.ts';
import { readScan } from '../../documents/scan.ts';
import { closed, encryptionOf, type Keys, opened } from '../../encryption/keys.ts';
import type { With } from '../../platform.ts';
import { standingOf } from '../keeping/standing.ts';
import { type Finding, tried } from './check.ts';

const check = 'encryption';

/** Checks the keys as `checkIdentity` does, and that the identity opens each database's newest backup. */
export async function checkKeys(platform: With<'vault' | 'catalogue'>): Promise<Finding[]> {
  const found = await checkIdentity(platform);
  if (!platform.vault.keys?.identities || found.some(({ state }) => state === 'wrong')) return found;
  const newest = Object.keys(platform.config.databases).map((database) => newestOf(platform, database));
  return [...found, ...(await Promise.all(newest)).flat()];
}

/** Checks that the known identity opens what is encrypted from now on, by a test file. Stores nothing. */
export async function checkIdentity({ vault: { keys } }: Pick<With<'vault'>, 'vault'>): Promise<Finding[]> {
  const encryption = encryptionOf(keys);
  const found: Finding[] = encryption ? [{ check, state: 'ok', found: `new backups can be opened by ${encryption.recipients.join(' and by ')}` }] : [];
  if (!keys?.identities) {
    if (!encryption) return [{ check, state: 'ok', found: 'none: new backups are stored as they are' }];
    const meaning = 'no identity is known here: proofs restore the bytes before their encryption, and the tables of backups are neither compared nor shown';
    return [...found, { check, state: 'ok', found: meaning }];
  }
  const names = await tried('identity', async () => `that of ${(await keys.identities?.())?.map(({ recipient }) => recipient.name).join(' and ')}`);
  if (names.state === 'wrong') return [...found, names];
  return [...found, names, ...(encryption ? [await tried('identity', () => testFile(keys, encryption.recipients))] : [])];
}

async function testFile(keys: Keys, recipients: readonly string[]): Promise<string> {
  const content = async function* () {
    yield Buffer.from('test');
  };
  for await (const _ of opened(keys, closed(keys, content()), { key: 'a test file', recipients }));
  return 'opens a test file';
}

/** Opens the scan of the newest good backup, if it is encrypted. */
async function newestOf(platform: With<'vault' | 'catalogue'>, database: string): Promise<Finding[]> {
  const { lastGood } = await standingOf(platform, database);
  if (!lastGood) return [];
  let isEncrypted = true;
  const finding = await tried('identity', async () => {
    const manifest = await readManifest(platform.vault, lastGood.manifest);
    isEncrypted = manifest.dump.encryption !== undefined;
    if (isEncrypted) await readScan(platform.vault, manifest.scan);
    return `opens ${lastGood.id}`;
  });
  return isEncrypted ? [finding] : [];
}
