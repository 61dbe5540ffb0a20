import { BackupClient } from '@aws-sdk/client-backup';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { kept } from './kept-clients.ts';
import { settings } from './settings.ts';

/*
 * Clients of the SDK, each made when it is first asked for and then kept. Region, credentials and endpoints come from
 * the environment as everywhere on AWS (`AWS_REGION`, `AWS_ENDPOINT_URL_S3`, …).
 */

export const s3 = () => kept('s3', () => new S3Client(settings));
export const dynamodb = () => kept('dynamodb', () => newDynamodb());
export const ses = () => kept('ses', () => new SESClient(settings));
/** Returns the client of SES's second interface, which alone knows the suppression list. */
export const sesv2 = () => kept('sesv2', () => new SESv2Client(settings));
export const sns = () => kept('sns', () => new SNSClient(settings));
export const stepFunctions = () => kept('states', () => new SFNClient(settings));
export const codeBuild = () => kept('codebuild', () => new CodeBuildClient(settings));
/** Returns the client of AWS Backup. */
export const awsBackup = () => kept('backup', () => new BackupClient(settings));
export const rds = () => kept('rds', () => new RDSClient(settings));
export const cloudFormation = () => kept('cloudformation', () => new CloudFormationClient(settings));

/** Returns the client of a region; without one, of the environment's. */
export function secretsManager(region = ''): SecretsManagerClient {
  return kept(`secretsmanager ${region}`, () => new SecretsManagerClient({ ...settings, ...(region !== '' && { region }) }));
}

/**
 * Returns the client for functions. An answer takes as long as the function: 15 minutes at most. It makes one attempt:
 * a retry after a lost connection would carry out an order twice.
 */
export function lambdaFunctions(): LambdaClient {
  return kept('lambda', () => new LambdaClient({ ...settings, maxAttempts: 1, requestHandler: { ...settings.requestHandler, socketTimeout: 910_000 } }));
}

/** Makes a client that shares nothing with `dynamodb()`. */
export function newDynamodb(choices: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  // records have optional fields; DynamoDB has no undefined
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...settings, ...choices }), { marshallOptions: { removeUndefinedValues: true } });
}
