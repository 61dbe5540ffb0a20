import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { readManifest } from '../../documents/manifest.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';

export interface SignInput extends Author {
  /** A backup's id, or a database's name for its newest good one. */
  backup: string;
}

/** Address for a dump's download, and the measures of its bytes. */
export interface SignOutput {
  backup: string;
  file: string;
  /** Stored bytes. */
  size: number;
  sha256: string;
  url: string;
  /** Latest end of the address; it ends earlier with the session of the role that signed it. */
  expiresAt: string;
}

/** Time to begin a download, in seconds. It may then go on: the address is checked only at its beginning. */
const secondsToBegin = 15 * 60;

/** Makes an address for a backup's dump, once the audit log has noted who requested it. */
export const sign = auditingRefusals(
  'download',
  async (platform: With<'vault' | 'catalogue' | 'links'>, { backup, by, claimed }: SignInput): Promise<SignOutput> => {
    const { catalogue, clock, links, vault } = platform;
    const found = await findBackup(platform, backup);
    if (found.status !== 'published')
      throw new RefusedError(`${found.id} is ${found.status}${found.status === 'retired' ? '; bring it back first (unretire)' : ''}`);
    const { key, size, sha256 } = (await readManifest(vault, found.manifest)).dump;
    const now = clock.now();
    await catalogue.audit.append({ at: now.toISOString(), by, claimed, action: 'downloaded', subject: found.id, detail: detailText({ about: 'link' }) });
    const file = key.slice(key.lastIndexOf('/') + 1);
    const url = await links.toDownload(key, { seconds: secondsToBegin, fileName: file });
    return { backup: found.id, file, size, sha256, url, expiresAt: new Date(now.getTime() + secondsToBegin * 1000).toISOString() };
  },
);
