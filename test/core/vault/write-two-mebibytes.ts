import { FolderVault } from '../../../core/vault/folder.ts';
import { inPieces, noise, streamOf } from '../../support/streams.ts';

// A program: writes two mebibytes as `x` into the vault it is given, and says how that ended.
async function* source() {
  try {
    yield* streamOf(inPieces(noise(2 * 1024 * 1024), 100_003));
  } finally {
    console.log('source closed');
  }
}
const vault = new FolderVault(process.argv[2] ?? '', 'writer');
try {
  const { size } = await vault.create('x', source());
  console.log(`stored ${size}`);
} catch (error) {
  console.log(String(error));
}
