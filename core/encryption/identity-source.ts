import { readFile } from 'node:fs/promises';
import type { Config, Reference } from '../config/config.ts';
import { ConfigurationError } from '../errors.ts';
import { type Identity, identitiesIn, recipientOf } from './age-keys.ts';
import type { Keys } from './keys.ts';

type Reveal = (reference: Reference) => Promise<string>;

/** Makes the keys of a vault from the configuration. An identity is read when it is first needed, and kept. */
export function keysOf({ encryption }: Pick<Config, 'encryption'>, reveal: Reveal): Keys {
  const recipients = encryption?.recipients.map(recipientOf) ?? [];
  const source = encryption?.identity;
  if (!source) return { recipients };
  let known: readonly Identity[] | undefined;
  return { recipients, identities: async () => (known ??= await identitiesFrom(source, reveal)) };
}

type Source = NonNullable<NonNullable<Config['encryption']>['identity']>;

async function identitiesFrom(source: Source, reveal: Reveal): Promise<Identity[]> {
  if (!('file' in source)) return identitiesIn(await reveal(source), 'env' in source ? `the variable ${source.env}` : `the secret ${source.secret}`);
  const { file } = source;
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`the identity ${file} cannot be read (${cause.code}); name a file as "sauvegarde key new" or age-keygen writes it`, { cause });
  });
  return identitiesIn(text, file);
}
