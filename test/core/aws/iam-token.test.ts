import { beforeEach, expect, it, vi } from 'vitest';
import { iamToken } from '../../../core/aws/iam-token.ts';
import { ConfigurationError } from '../../../core/errors.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-key');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  return () => vi.unstubAllEnvs();
});

it.each([
  ['main.abc.eu-west-3.rds.amazonaws.com', 'eu-west-3'],
  ['main.cluster-abc.cn-north-1.rds.amazonaws.com.cn', 'cn-north-1'],
  ['db.example.org', 'us-east-1'],
])('a token for %s lets its user connect there for 15 minutes, signed for %s', async (host, region) => {
  const token = await iamToken({ host, port: 5433, user: 'sauvegarde+1' });
  const url = new URL(`https://${token}`);
  expect(url.host).toBe(`${host}:5433`);
  const signed = Object.fromEntries(url.searchParams);
  expect(signed).toMatchObject({
    Action: 'connect',
    DBUser: 'sauvegarde+1',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Security-Token': 'session',
  });
  expect(signed['X-Amz-Credential']).toMatch(new RegExp(`^AKIDEXAMPLE/\\d{8}/${region}/rds-db/aws4_request$`));
  expect(signed['X-Amz-Signature']).toMatch(/^[0-9a-f]{64}$/);
  expect(token).not.toContain('secret-key');
  expect(token).not.toMatch(/^\w+:\/\//);
});

it('is a ConfigurationError that says what to set where no credentials are', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const error = await iamToken({ host: 'db.example.org', port: 5432, user: 'me' }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain('AWS_PROFILE');
});
