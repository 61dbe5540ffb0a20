import { createHash } from 'node:crypto';
import { storeDocument } from '../../bytes/stored.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { readHead, writeHead } from '../../documents/audit-head.ts';
import { DocumentInvalidError, ObjectExistsError } from '../../errors.ts';
import { headKey, headsPrefix } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Vault } from '../../vault/vault.ts';

/**
 * Writes the end of the audit log into the vault, unless it is there already. Whoever cuts the log off or writes it
 * anew cannot change the heads.
 */
export async function noteHead({ catalogue, clock, vault }: With<'vault' | 'catalogue'>): Promise<void> {
  const [last] = (await catalogue.audit.list({ limit: 1 })).items;
  if (!last) return;
  const now = clock.now();
  const key = headKey(now);
  const newest = (await vault.list(key.slice(0, key.lastIndexOf('/') + 1))).at(-1);
  if (newest && (await isHead(vault, newest.key, last.hash))) return;
  const head = { format: 'sauvegarde-audit-head', version: 1, at: now.toISOString(), sequence: last.sequence, hash: last.hash } as const;
  try {
    await storeDocument(vault, key, writeHead(head));
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error; // another watch was faster
  }
}

/** Returns true if this head is the end of the log. One that cannot be understood is not; `verifyAudit` names it. */
async function isHead(vault: Vault, key: string, hash: string): Promise<boolean> {
  try {
    return (await readHead(vault, key)).hash === hash;
  } catch (error) {
    if (error instanceof DocumentInvalidError) return false;
    throw error;
  }
}

/** Returns the keys of all heads, oldest first. */
export async function headKeys({ vault }: With<'vault'>): Promise<string[]> {
  return (await vault.list(headsPrefix)).map(({ key }) => key).filter((key) => /\/head_[^/]+\.json$/.test(key));
}

/** Notes in the audit log that the configuration is another than before: its digest alone, which tells no secret. */
export async function noteConfiguration({ catalogue, clock, config }: With<'catalogue'>): Promise<void> {
  const subject = 'configuration';
  const digest = createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
  const [before] = (await catalogue.audit.list({ subject, limit: 1 })).items;
  if (before?.detail.startsWith(digest)) return;
  const detail = `${digest}; ${detailText({ about: 'databases', names: Object.keys(config.databases).join(', ') })}`;
  await catalogue.audit.append({ at: clock.now().toISOString(), by: 'watch', claimed: false, action: 'configured', subject, detail });
}
