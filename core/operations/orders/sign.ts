import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { flawedProofOf } from '../../catalogue/backups.ts';
import type { With } from '../../platform.ts';
import { published, type StoredBackup } from './published.ts';
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

/** Files of a backup, with an address for each. */
export interface SignedFiles extends StoredBackup {
  backup: string;
  files: { key: string; url: string }[];
  /** Latest end of the addresses, as of `SignOutput`. */
  expiresAt: string;
}

/** Time to begin a download, in seconds. It may then go on: the address is checked only at its beginning. */
const secondsToBegin = 15 * 60;

type SignPlatform = With<'vault' | 'catalogue' | 'links'>;

/** Makes an address for a backup's dump, once the audit log has noted who requested it. */
export const sign = auditingRefusals('download', async (platform: SignPlatform, input: SignInput): Promise<SignOutput> => {
  const { found, manifest } = await published(platform, input.backup);
  const { key, size, sha256 } = manifest.dump;
  const { expiresAt, toDownload } = await signing(platform, found.id, input);
  return { backup: found.id, file: fileOf(key), size, sha256, url: await toDownload(key), expiresAt };
});

/**
 * Makes an address for each file that is needed to open a backup: manifest, scan, dump, and the proof that has found
 * flaws. Audited as a download.
 */
export const signFiles = auditingRefusals('open', async (platform: SignPlatform, input: SignInput): Promise<SignedFiles> => {
  const { found, manifest } = await published(platform, input.backup);
  const proof = flawedProofOf(found);
  const { expiresAt, toDownload } = await signing(platform, found.id, input);
  const keys = [found.manifest, manifest.scan.key, manifest.dump.key, ...(proof === null ? [] : [proof])];
  const files = await Promise.all(keys.map(async (key) => ({ key, url: await toDownload(key) })));
  return { backup: found.id, manifest: found.manifest, proof, files, expiresAt };
});

/** Notes in the audit log who downloads a backup, and returns what makes addresses for its files. */
async function signing({ catalogue, clock, links }: SignPlatform, subject: string, { by, claimed }: SignInput) {
  const now = clock.now();
  await catalogue.audit.append({ at: now.toISOString(), by, claimed, action: 'downloaded', subject, detail: detailText({ about: 'link' }) });
  return {
    expiresAt: new Date(now.getTime() + secondsToBegin * 1000).toISOString(),
    toDownload: (key: string) => links.toDownload(key, { seconds: secondsToBegin, fileName: fileOf(key) }),
  };
}

function fileOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
