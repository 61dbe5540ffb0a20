import { describe, expect, it } from 'vitest';
import { RecipeError, TamperedError } from '../../layers/recipe/errors.ts';
import { debianMirrors } from '../../layers/recipe/mirrors.ts';
import { signedPart } from '../../layers/recipe/signature.ts';
import { realFile } from '../support/mirror.ts';
import { onlyOnPath } from '../support/only-on-path.ts';

const genuine = async () => String(await realFile(`${debianMirrors()[0]}/dists/bookworm/InRelease`));

describe.each(['gpgv', 'sqv'])('a signature that %s verifies', (program) => {
  it.each<[string, (document: string) => string]>([
    ['', (document) => document],
    ['with what stands before and behind it left out', (document) => `forged: before\n${document}\nforged: behind\n`],
  ])('gives what is signed, %s', async (_, change) => {
    const document = change(await genuine());
    if (!onlyOnPath(program)) return console.log(`${program} is not installed here`);
    const signed = await signedPart(document, 'InRelease').catch((error: unknown) => error);
    if (document.startsWith('forged')) expect(String(signed)).not.toContain('forged:');
    else expect(signed).toMatch(/^Origin: Debian\n[\s\S]*\nSHA256:\n[\s\S]*[0-9]\s[^\n]*\n?$/);
  });

  it.each<[string, (document: string) => string]>([
    ['a hash was changed', (document) => document.replace(/[0-9a-f]{64}/, (hash) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1))],
    ['a line was added', (document) => document.replace('\nOrigin:', '\nForged: yes\nOrigin:')],
    ['the signature was taken off', (document) => document.replace(/-----BEGIN PGP SIGNATURE[\s\S]*/, '')],
    ['it is empty', () => ''],
  ])('is refused when %s', async (_, change) => {
    const document = change(await genuine());
    if (!onlyOnPath(program)) return console.log(`${program} is not installed here`);
    await expect(signedPart(document, 'InRelease')).rejects.toThrow(TamperedError);
    await expect(signedPart(document, 'InRelease')).rejects.toThrow(`${program} ended with`);
  });
});

it('a machine that can verify no signature is told what to install', async () => {
  const document = await genuine();
  onlyOnPath('nothing-that-verifies');
  const asking = signedPart(document, 'InRelease');
  await expect(asking).rejects.toThrow(RecipeError);
  await expect(asking).rejects.toThrow(/gpgv or sqv is needed .* install gpgv$/);
});
