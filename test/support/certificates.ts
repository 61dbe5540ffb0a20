import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as text. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** Throwaway certificates, made by openssl, as text. The servers' are for `localhost` and 127.0.0.1. */
export interface Certificates {
  /** Certificate of the authority. */
  ca: string;
  /** Certificate of another authority, which has signed nothing here. */
  foreignCa: string;
  server: KeyPair;
  /** Signed by the same authority, but expired yesterday. */
  expired: KeyPair;
}

/** Returns the certificates of this process, which makes them once. */
export function makeCertificates(): Certificates {
  made ??= newCertificates();
  return made;
}
let made: Certificates | undefined;

function newCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-certificates-'));
  try {
    return certificatesIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Configuration of `openssl ca`, which takes the instants of a certificate. `openssl x509` of OpenSSL 3.5 makes no
 * expired one, and older ones take no instants.
 */
const authority = `
[ca]
default_ca = test
[test]
database = issued
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
copy_extensions = copy
unique_subject = no
[names]
commonName = supplied
`;

function certificatesIn(folder: string): Certificates {
  const made = (file: string) => readFileSync(join(folder, file), 'utf8');
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const newKey = (name: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  for (const name of ['ca', 'foreign']) openssl('req', '-x509', ...newKey(name), '-days', '2', '-subj', `/CN=${name} of a test`, '-out', `${name}.pem`);
  writeFileSync(join(folder, 'authority'), authority);
  writeFileSync(join(folder, 'issued'), '');
  /** Valid for 40 days, of which two are left, or none. */
  const signed = (name: string, until: number): KeyPair => {
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    openssl('req', ...newKey(name), ...names, '-out', `${name}.csr`);
    const signer = ['-config', 'authority', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-batch', '-notext'];
    openssl('ca', ...signer, '-startdate', instant(-40), '-enddate', instant(until), '-in', `${name}.csr`, '-out', `${name}.pem`);
    return { certificate: made(`${name}.pem`), key: made(`${name}.key`) };
  };
  return { ca: made('ca.pem'), foreignCa: made('foreign.pem'), server: signed('server', 2), expired: signed('expired', -1) };
}

/** Formats the instant `days` from now: `20261122020000Z`. */
function instant(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\..*/g, '')}Z`;
}
