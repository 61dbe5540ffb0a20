import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as text. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** Throwaway certificates, made by openssl, as text. The servers' are for `localhost` and 127.0.0.1. */
export interface Certificates {
  /** The authority's. */
  ca: string;
  /** Another authority's, which has signed nothing here. */
  foreignCa: string;
  server: KeyPair;
  /** Signed by the same authority, but over since yesterday. */
  expired: KeyPair;
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-certificates-'));
  try {
    return certificatesIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function certificatesIn(folder: string): Certificates {
  const made = (file: string) => readFileSync(join(folder, file), 'utf8');
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const name of ['ca', 'foreign'])
    openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name} of a test`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
  const signed = (name: string, days: string): KeyPair => {
    openssl(
      'req',
      ...newKey,
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      days,
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
    return { certificate: made(`${name}.pem`), key: made(`${name}.key`) };
  };
  return { ca: made('ca.pem'), foreignCa: made('foreign.pem'), server: signed('server', '2'), expired: signed('expired', '-1') };
}
