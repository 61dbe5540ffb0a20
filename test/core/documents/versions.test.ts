import { expect, it } from 'vitest';
import { storeDocument } from '../../../core/bytes/stored.ts';
import { readManifest } from '../../../core/documents/manifest.ts';
import { readProof, readProofOutline } from '../../../core/documents/proof.ts';
import { readScan } from '../../../core/documents/scan.ts';
import { FolderVault } from '../../../core/vault/folder.ts';
import { temporaryFolder } from '../../support/folder.ts';

const readers = {
  manifest: readManifest,
  scan: async (vault: FolderVault, key: string) => readScan(vault, { key, size: (await vault.read(key)).size, ...(await measured(vault, key)) }),
  proof: readProof,
  'proof without a key': readProofOutline,
};

async function measured(vault: FolderVault, key: string) {
  const copy = new FolderVault(temporaryFolder(), 'writer');
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await vault.read(key)).bytes) chunks.push(chunk);
  const { sha256, crc32 } = await storeDocument(copy, key, Buffer.concat(chunks));
  return { sha256, crc32 };
}

it.each(Object.entries(readers))('a %s of a later version is refused by that reason alone', async (name, read) => {
  const vault = new FolderVault(temporaryFolder(), 'writer');
  const format = `sauvegarde-${name.split(' ')[0]}`;
  await storeDocument(vault, 'main/document.json', Buffer.from(JSON.stringify({ format, version: 3, sealed: 'x' })));
  await expect(read(vault, 'main/document.json')).rejects.toMatchObject({
    name: 'DocumentInvalidError',
    message: 'main/document.json is of version 3 of its format, and this Sauvegarde knows 2 and those before; update it',
  });
});
