import { describe, inject } from 'vitest';
import type { AwsEmulator } from './aws-emulator.ts';
import { sharedServer } from './servers.ts';

/**
 * Groups tests that need the emulator of AWS. Without one they are skipped, and the run says so loudly; `.ci/run` then
 * fails.
 */
export const describeAws = describe.skipIf(absence() !== '');

function absence(): string {
  const known: string | undefined = inject('awsAbsence');
  if (known === undefined) throw new Error('a test file that needs AWS must be named in test/with-processes.ts');
  return known;
}

/**
 * Environment by which an unmodified SDK reaches the emulator: one endpoint for every service, and invalid credentials.
 * Names of services as in `AWS_ENDPOINT_URL_S3`.
 */
export async function awsEnvironment(): Promise<Record<string, string>> {
  const { endpoint } = await sharedServer<AwsEmulator>('aws');
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-3', AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };
}
