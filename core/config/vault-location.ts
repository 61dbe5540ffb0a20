import * as z from 'zod';
import { secret } from './connections.ts';

const bucketName = 'write the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens';
const prefix = 'write a path such as "backups/office", of letters, digits, ".", "_" and "-"';
const credentials = "write { accessKeyId: env('…'), secretAccessKey: env('…') }";

const s3Settings = z.strictObject(
  {
    bucket: z
      .string(bucketName)
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, bucketName)
      .describe('A bucket of S3, or of a store that speaks its language. Sauvegarde makes none.'),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'write an address such as "https://s3.example.org"' })
      .optional()
      .describe("The store's address: of Cloudflare R2, Backblaze B2, MinIO, Garage, Wasabi and the like. Without one it is Amazon's."),
    region: z
      .string('write a region such as "eu-west-3"')
      .min(1, 'write a region such as "eu-west-3"')
      .optional()
      .describe("The bucket's region. Without one it is `AWS_REGION`, or with an `endpoint` `auto`."),
    prefix: z
      .string(prefix)
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, prefix)
      .optional()
      .describe('Beginning of all keys, if the bucket holds other things too.'),
    forcePathStyle: z
      .boolean('write true or false')
      .optional()
      .describe("`true` if the bucket's name belongs into the path of addresses, not into the host's name. The default with an `endpoint`."),
    credentials: z
      .strictObject({ accessKeyId: secret, secretAccessKey: secret }, credentials)
      .optional()
      .describe(
        "`{ accessKeyId: env('STORE_KEY_ID'), secretAccessKey: env('STORE_KEY') }`. Without it, as AWS's tools find them: `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`, a role.",
      ),
  },
  'write { bucket, endpoint, region, prefix, forcePathStyle, credentials }',
);

/** A bucket as a vault, in the configuration. */
export const bucketLocation = z.strictObject({ s3: s3Settings }, 'write { s3: { bucket } }');

const folder = "write the path of a folder, or { s3: { bucket: 'backups' } }";

/** A path. A pipe, since a plain text beside an object may be a secret, of which no error shows a part. */
const path = z.string(folder).min(1, folder).pipe(z.string());

/** Place of a vault: a folder, or a bucket. */
export const vaultLocation = z.union([path, bucketLocation], { error: folder });

const copyMistake = "write { folder: '/mnt/copies' } or { s3: { bucket: 'copies' } }, each with keep if it shall differ";

/** Makes the schema of other vaults that hold the same backups; `keep` is that of a database. */
export function copiesSchema<Keep extends z.ZodType>(keep: Keep) {
  const own = keep.optional().describe('Good backups to keep there; by default as many as the database keeps.');
  return z.array(
    z.union([z.strictObject({ folder: z.string(folder).min(1, folder), keep: own }, copyMistake), bucketLocation.extend({ keep: own })], {
      error: copyMistake,
    }),
    `write a list such as [{ folder: '/mnt/copies' }]`,
  );
}

export type BucketSettings = z.output<typeof s3Settings>;
export type VaultLocation = z.output<typeof vaultLocation>;
