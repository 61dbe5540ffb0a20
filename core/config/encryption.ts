import * as z from 'zod';
import { mistakeInRecipient } from '../encryption/age-keys.ts';
import { variable } from './connections.ts';
import { secretName } from './secret-name.ts';

const recipient = z.string('write a public key of age, age1…').superRefine((text, context) => {
  const mistake = mistakeInRecipient(text);
  if (mistake) context.addIssue({ code: 'custom', message: mistake });
});

const listMistake = "write a list of public keys such as ['age1…']";
const identityMistake = "write { file: '/path/key.txt' }, env('AGE_IDENTITY'), or on AWS { secret: 'prod/age' }";

/** Encryption of backups, for both homes. */
export const encryption = z
  .strictObject(
    {
      recipients: z
        .array(recipient, listMistake)
        .min(1, listMistake)
        .describe('Public keys of age, `age1…`, as `sauvegarde key new` or `age-keygen` makes them. Each opens every backup alone.'),
      identity: z
        .union(
          [z.strictObject({ file: z.string(identityMistake).min(1, identityMistake) }), variable, z.strictObject({ secret: secretName(identityMistake) })],
          {
            error: identityMistake,
          },
        )
        .optional()
        .describe(
          "Secret key by which proofs, `watch` and the console open backups here: `{ file: '/path/key.txt' }`, `env('AGE_IDENTITY')`, or on AWS `{ secret: 'prod/age' }`. Without it this machine cannot read what it has stored; AWS then proves nothing.",
        ),
    },
    'write { recipients, identity }',
  )
  .optional()
  .describe('Encrypts dumps, scans and proofs, as age does, before they leave the machine; `docs/encryption.md` has the whole.');

export type Encryption = NonNullable<z.output<typeof encryption>>;
export type IdentitySource = NonNullable<Encryption['identity']>;
