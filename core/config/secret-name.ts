import * as z from 'zod';

/** Makes the schema of the name or the whole ARN of a secret in AWS Secrets Manager. */
export function secretName(mistake: string) {
  return z
    .string(mistake)
    .min(1, mistake)
    .refine(
      (name) => !name.startsWith('arn:') || wholeArn.test(name),
      'is not the whole ARN of a secret, which ends with a hyphen and six characters; copy it from Secrets Manager, or write the name',
    );
}

/** Rights hold for whole ARNs only (Secrets Manager user guide, "How to determine permissions"). */
const wholeArn = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;
