import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { settings } from './settings.ts';

/*
 * Clients of the SDK, each made when it is first asked for and then kept. Region, credentials and endpoints come from
 * the environment as everywhere on AWS (`AWS_REGION`, `AWS_ENDPOINT_URL_S3`, …).
 */

let bucketClient: S3Client | undefined;
let tableClient: DynamoDBDocumentClient | undefined;
let mailClient: SESClient | undefined;
let newerMailClient: SESv2Client | undefined;
let topicClient: SNSClient | undefined;
const secretClients = new Map<string | undefined, SecretsManagerClient>();
let workflowClient: SFNClient | undefined;
let functionClient: LambdaClient | undefined;
let stackClient: CloudFormationClient | undefined;

export function s3(): S3Client {
  bucketClient ??= new S3Client(settings);
  return bucketClient;
}

export function dynamodb(): DynamoDBDocumentClient {
  tableClient ??= newDynamodb();
  return tableClient;
}

export function ses(): SESClient {
  mailClient ??= new SESClient(settings);
  return mailClient;
}

/** Returns the client of SES's second interface, which alone knows the suppression list. */
export function sesv2(): SESv2Client {
  newerMailClient ??= new SESv2Client(settings);
  return newerMailClient;
}

export function sns(): SNSClient {
  topicClient ??= new SNSClient(settings);
  return topicClient;
}

/** Returns the client of a region; without one, of the environment's. */
export function secretsManager(region?: string): SecretsManagerClient {
  const client = secretClients.get(region) ?? new SecretsManagerClient({ ...settings, ...(region !== undefined && { region }) });
  secretClients.set(region, client);
  return client;
}

export function stepFunctions(): SFNClient {
  workflowClient ??= new SFNClient(settings);
  return workflowClient;
}

export function cloudFormation(): CloudFormationClient {
  stackClient ??= new CloudFormationClient(settings);
  return stackClient;
}

/**
 * Returns the client for functions. An answer takes as long as the function: 15 minutes at most. It makes one attempt:
 * a retry after a lost connection would carry out an order twice.
 */
export function lambdaFunctions(): LambdaClient {
  functionClient ??= new LambdaClient({ ...settings, maxAttempts: 1, requestHandler: { ...settings.requestHandler, socketTimeout: 910_000 } });
  return functionClient;
}

/** Makes a client that shares nothing with `dynamodb()`. */
export function newDynamodb(choices: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  // records have optional fields; DynamoDB has no undefined
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...settings, ...choices }), { marshallOptions: { removeUndefinedValues: true } });
}
