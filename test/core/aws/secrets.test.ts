import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readSecret } from '../../../core/aws/secrets.ts';
import { ConfigurationError, SecretUnavailableError } from '../../../core/errors.ts';
import { awsEnvironment, describeAws } from '../../support/aws.ts';
import { addressOf, listening } from '../../support/mail-server.ts';

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

async function emulator(): Promise<SecretsManagerClient> {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = await awsEnvironment();
  return new SecretsManagerClient({ endpoint, region, credentials });
}

/** Secrets Manager that answers as it is told, and how often it was asked. */
async function answering(status: number, answer: object): Promise<{ client: SecretsManagerClient; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    request.resume();
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { client: new SecretsManagerClient({ endpoint: `http://${addressOf(server)}`, region: 'eu-west-3', credentials }), asked: () => asked };
}

describeAws('a secret in Secrets Manager', () => {
  it.each(['{"username":"me"}', 'postgres://me:pässword@db/app', ' \n x'])('is read as it is: %j', async (text) => {
    const client = await emulator();
    const name = `prod/${randomUUID()}`;
    const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name, SecretString: text }));
    expect(await readSecret(name, client)).toBe(text);
    expect(await readSecret(ARN, client)).toBe(text);
  });

  it('of another region is read there, by its ARN', async () => {
    for (const [name, value] of Object.entries(await awsEnvironment())) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const client = new SecretsManagerClient({ region: 'us-east-1' });
    const name = `prod/${randomUUID()}`;
    const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: name, SecretString: 'far' }));
    expect(await readSecret(ARN)).toBe('far');
    await expect(readSecret(name)).rejects.toThrow('is not in Secrets Manager');
  });

  it('that is not there is a ConfigurationError that names it', async () => {
    const error = await readSecret('prod/nowhere', await emulator()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('"prod/nowhere" is not in Secrets Manager');
  });

  it('that is marked for deletion is a ConfigurationError', async () => {
    const client = await emulator();
    const name = `prod/${randomUUID()}`;
    await client.send(new CreateSecretCommand({ Name: name, SecretString: 'hunter2' }));
    await client.send(new DeleteSecretCommand({ SecretId: name }));
    const error = await readSecret(name, client).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(name);
  });

  it('that holds bytes instead of text is a ConfigurationError', async () => {
    const client = await emulator();
    const name = `prod/${randomUUID()}`;
    await client.send(new CreateSecretCommand({ Name: name, SecretBinary: Buffer.from('hunter2') }));
    const error = await readSecret(name, client).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('holds no text');
  });
});

describe('Secrets Manager that refuses', () => {
  it.each([
    ['AccessDeniedException', 'secretsmanager:GetSecretValue'],
    ['DecryptionFailure', 'kms:Decrypt'],
    ['UnrecognizedClientException', 'credentials'],
    ['ExpiredTokenException', 'expired'],
  ])('with %s is a ConfigurationError that names the secret and says what to do', async (type, advice) => {
    const { client } = await answering(400, { __type: type, message: 'no' });
    const error = await readSecret('prod/main', client).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('"prod/main"');
    expect(String(error)).toContain(advice);
  });

  it.each([
    ['ThrottlingException', 400],
    ['InternalServiceError', 500],
  ])('with %s to the end is a SecretUnavailableError, after it was asked again', async (type, status) => {
    const { client, asked } = await answering(status, { __type: type, message: 'later' });
    await expect(readSecret('prod/main', client)).rejects.toBeInstanceOf(SecretUnavailableError);
    expect(asked()).toBeGreaterThan(1);
  });

  it('by not being there is a SecretUnavailableError', async () => {
    const client = new SecretsManagerClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-3', credentials });
    await expect(readSecret('prod/main', client)).rejects.toBeInstanceOf(SecretUnavailableError);
  });
});

it.each([
  ['region', 'AWS_REGION', { credentials }],
  ['credentials', 'AWS_PROFILE', { region: 'eu-west-3' }],
])('a secret without any %s is a ConfigurationError that says what to set', async (_, variable, settings) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const error = await readSecret('prod/main', new SecretsManagerClient(settings)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain('"prod/main"');
  expect(String(error)).toContain(variable);
});
