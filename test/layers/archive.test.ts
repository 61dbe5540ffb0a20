import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { fetchIndex } from '../../layers/recipe/archive.ts';
import { FileGoneError, MirrorUnreachableError, TamperedError } from '../../layers/recipe/errors.ts';
import { debianMirrors } from '../../layers/recipe/mirrors.ts';
import { temporaryFolder } from '../support/folder.ts';
import { realFile, startMirror } from '../support/mirror.ts';
import { coldStart } from '../support/programs.ts';

/** bookworm has the smallest index. */
function indexFrom(mirrors: string[], { cache = temporaryFolder(), suite = 'bookworm' } = {}) {
  return fetchIndex(suite, 'x64', { cache, mirrors, signal: AbortSignal.timeout(coldStart), pauses: [0.05] });
}

const release = /InRelease$/;
const packages = /Packages|by-hash/;
const text = (change: (text: string) => string) => (bytes: Buffer) => Buffer.from(change(bytes.toString()));

describe('the signed index', () => {
  it(
    'knows the newest of a package, and who provides a name',
    async () => {
      const mirror = await startMirror();
      const index = await indexFrom([mirror.address], { cache: cacheFolder() });
      expect(index.newest('postgresql-client-15')).toMatchObject({
        version: expect.stringMatching(/^15\./),
        filename: expect.stringMatching(/^pool\/main\/p\/.*_amd64\.deb$/),
      });
      expect(index.satisfying('awk')?.depends.length).toBeGreaterThan(0);
      expect(index.newest('no-such-package')).toBeUndefined();
      expect(mirror.asked[0]).toBe('dists/bookworm/InRelease');
    },
    coldStart,
  );

  it.each<[string, (bytes: Buffer) => Buffer | Promise<Buffer>]>([
    ['one hash was changed', text((signed) => signed.replace(/[0-9a-f]{64}/, (hash) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1)))],
    ['the signature was taken off', text((signed) => signed.replace(/-----BEGIN PGP SIGNATURE[\s\S]*/, ''))],
    ['it never was signed', text((signed) => signed.slice(signed.indexOf('Origin:'), signed.indexOf('-----BEGIN PGP SIGNATURE')))],
    ['the signature is empty', text((signed) => signed.replace(/(-----BEGIN PGP SIGNATURE-----\n\n)[\s\S]*?\n-----END/, '$1\n-----END'))],
    ['it is empty', () => Buffer.alloc(0)],
    ['it is a page of HTML', () => Buffer.from('<html>sign in first</html>')],
    ["it is another suite's", async () => (await realFile(`${debianMirrors()[0]}/dists/trixie/InRelease`)) ?? Buffer.alloc(0)],
  ])('is refused when %s', async (_, deed) => {
    const cache = temporaryFolder();
    const mirror = await startMirror({ path: release, deed });
    await expect(indexFrom([mirror.address], { cache })).rejects.toThrow(TamperedError);
    expect(readdirSync(cache)).toEqual([]);
  });

  it(
    'counts for nothing outside of the signed part',
    async () => {
      const forged = `SHA256:\n ${'0'.repeat(64)} 1 main/binary-amd64/Packages.gz\n`;
      const mirror = await startMirror({ path: release, deed: text((signed) => forged + signed) });
      // gpgv may refuse such a file or leave the forgery out; in neither case is the forged hash asked for
      await indexFrom([mirror.address], { cache: cacheFolder() }).catch((error: unknown) => expect(error).toBeInstanceOf(TamperedError));
      expect(mirror.asked.join()).not.toContain('0'.repeat(64));
    },
    coldStart,
  );

  it('is refused when a package was slipped into it', async () => {
    const cache = temporaryFolder();
    const mirror = await startMirror({ path: packages, deed: () => gzipSync('Package: libc6\nVersion: 999\n') });
    await expect(indexFrom([mirror.address], { cache })).rejects.toThrow(/was promised/);
    expect(readdirSync(join(cache, 'indexes'))).toEqual([]);
  });

  it(
    'is found under its name when the mirror has it not under its hash',
    async () => {
      const mirror = await startMirror({ path: /by-hash/, deed: 'gone' });
      expect((await indexFrom([mirror.address])).newest('zstd')).toBeDefined();
    },
    coldStart,
  );

  it(
    'is fetched again when a damaged one lies in the cache',
    async () => {
      const cache = temporaryFolder();
      const mirror = await startMirror();
      await indexFrom([mirror.address], { cache });
      const [name = ''] = readdirSync(join(cache, 'indexes'));
      writeFileSync(join(cache, 'indexes', name), gzipSync('Package: libc6\n'));
      expect((await indexFrom([mirror.address], { cache })).newest('zstd')).toBeDefined();
      expect(gunzipSync(readFileSync(join(cache, 'indexes', name))).byteLength).toBeGreaterThan(1e7);
    },
    coldStart,
  );
});

describe('a mirror', () => {
  it(
    'that breaks the connection is asked again',
    async () => {
      const mirror = await startMirror({ path: packages, deed: 'cut', times: 1 }, { path: release, deed: 'broken', times: 1 });
      expect((await indexFrom([mirror.address])).newest('zstd')).toBeDefined();
    },
    coldStart,
  );

  it('that always breaks it ends in an error that names it, and leaves nothing', async () => {
    const cache = temporaryFolder();
    const mirror = await startMirror({ path: packages, deed: 'cut' });
    const error = await indexFrom([mirror.address], { cache }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MirrorUnreachableError);
    expect(String(error)).toContain(mirror.address);
    expect(readdirSync(join(cache, 'indexes'))).toEqual([]);
  });

  it(
    'that is not there, lacks the suite or is out of order is passed over for the next one',
    async () => {
      const lacking = await startMirror({ path: release, deed: 'gone' });
      const broken = await startMirror({ path: /./, deed: 'broken' });
      const good = await startMirror();
      const mirrors = ['http://127.0.0.1:1', lacking.address, broken.address, good.address];
      expect((await indexFrom(mirrors, { cache: cacheFolder() })).newest('zstd')).toBeDefined();
      expect([lacking.asked[0], broken.asked[0], good.asked[0]]).toEqual(Array(3).fill('dists/bookworm/InRelease'));
    },
    coldStart,
  );

  it('that was tampered with is not passed over', async () => {
    const liar = await startMirror({ path: release, deed: text((signed) => signed.replace('Origin', 'origin')) });
    const good = await startMirror();
    await expect(indexFrom([liar.address, good.address], { cache: cacheFolder() })).rejects.toThrow(TamperedError);
    expect(good.asked).toEqual([]);
  });

  it('that is not there is said to be so', async () => {
    await expect(indexFrom(['http://127.0.0.1:1'])).rejects.toThrow(
      /could not fetch dists\/bookworm\/InRelease.*Check the network, or set SAUVEGARDE_DEB_MIRRORS/,
    );
  });

  it('is not asked twice for what it has not', async () => {
    const mirror = await startMirror();
    await expect(indexFrom([mirror.address], { suite: 'no-such-suite' })).rejects.toThrow(FileGoneError);
    expect(mirror.asked).toEqual(['dists/no-such-suite/InRelease']);
  });
});
