import * as z from 'zod';

const account = 'write the twelve digits of an account';
const region = 'write a region such as "eu-central-1"';
const bucket = 'write the name of a bucket: 3 to 63 lower-case letters, digits and hyphens';
const lockDays = 'write a whole number of days from 1 to 36500';
const key = 'write the ARN of a key there such as "arn:aws:kms:eu-central-1:210987654321:key/01234567-89ab-cdef-0123-456789abcdef"';

/** Copy of the vault in a bucket of another account. */
export const copyOutOfReach = z.strictObject(
  {
    account: z
      .string(account)
      .regex(/^\d{12}$/, account)
      .describe('The account of the copy, another than that of the stack.'),
    region: z
      .string(region)
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, region)
      .describe('Its region: another one, so that neither falls with the other.'),
    bucket: z
      .string(bucket)
      .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, bucket)
      .describe('Name of the bucket, which nobody in the world has yet. `npm run deploy -- -c copy=true`, with credentials of that account, makes it.'),
    from: z
      .string(account)
      .regex(/^\d{12}$/, account)
      .describe('The account of the stack, which alone may write copies.'),
    lockDays: z
      .int(lockDays)
      .min(1, lockDays)
      .max(36_500, lockDays)
      .optional()
      .describe(
        'Days for which nobody can delete a copy, not even the owner of its account (S3 Object Lock, compliance mode). Decide before the bucket is made. Without it the account of the copy could delete copies, the account of the stack could not.',
      ),
    key: z
      .string(key)
      .regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]+$/, key)
      .optional()
      .describe('The ARN of a KMS key in account and region of the copy, which encrypts it. Needed with `aws.key`.'),
  },
  'write { account, region, bucket, from }',
);

export type CopyOutOfReach = z.output<typeof copyOutOfReach>;
