import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { bodyOf, serviceOf } from './aws-requests.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { addressOf, listening } from './mail-server.ts';

/**
 * One call of AWS's API by a function, in the words of IAM: `{ function: 'publish', action: 's3:PutObject', resource:
 * 'arn:aws:s3:::vault-1/main/2026/…' }`. A request that needs several rights is several calls. A role that allows
 * exactly these allows the request. `test/functions/recorded-calls/` lists all that the end-to-end tests make, a file
 * for each of theirs, with names for the parts that differ between runs (`named`).
 */
export interface RecordedCall {
  function: string;
  action: string;
  resource: string;
  /** Kind of the record in DynamoDB, by the beginning of its partition key. */
  record?: string;
}

/** A right that a request needs. */
type Right = [action: string, resource: string, record?: string];

/** A request on its way to AWS. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Recorder {
  endpoint: string;
  calls: RecordedCall[];
  /** Requests that SES accepted. */
  accepted: Asked[];
}

const account = 'eu-west-3:123456789012';

/** Answers instead of the emulator, for services that it lacks; a body that is a text is XML. */
export type Answerer = (asked: Asked) => Promise<{ status: number; body: unknown; headers?: Record<string, string> } | undefined>;

/**
 * Starts a server before the emulator that records the requests of one function. A proxy of this process is handed them,
 * without a connection in between.
 */
export async function recorder(name: string, target: string | FaultProxy, answer: Answerer = async () => undefined): Promise<Recorder> {
  const calls: RecordedCall[] = [];
  const accepted: Asked[] = [];
  const server = createServer(async (request, response) => {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://aws');
      const asked = {
        method: request.method ?? '',
        path: decodeURIComponent(pathname),
        query: searchParams,
        headers: request.headers,
        body: await bodyOf(request),
      };
      calls.push(...rightsFor(asked).map(([action, resource, record]) => ({ function: name, action, resource, ...(record !== undefined && { record }) })));
      const own = await answer(asked);
      if (own) {
        const isXml = typeof own.body === 'string';
        response.writeHead(own.status, { 'content-type': isXml ? 'text/xml' : 'application/x-amz-json-1.0', ...own.headers });
        return void response.end(isXml ? own.body : JSON.stringify(own.body));
      }
      if (typeof target !== 'string') {
        await target.serve(request, response, asked.body);
        if (response.headersSent && response.statusCode === 200 && isSes(asked)) accepted.push(asked);
        return;
      }
      const { host, hostname, port } = new URL(target);
      const onward = httpRequest({
        host: hostname,
        port,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, host },
      });
      onward.on('error', () => response.destroy());
      onward.on('response', (answered) => {
        if (answered.statusCode === 200 && isSes(asked)) accepted.push(asked);
        response.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(response);
      });
      onward.end(asked.body);
    } catch (error) {
      response.destroy(error as Error);
    }
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://${addressOf(server)}`, calls, accepted };
}

/** Returns the rights that a request needs, as actions and resources of IAM (Service Authorization Reference). */
export function rightsFor(asked: Asked): Right[] {
  const target = String(asked.headers['x-amz-target'] ?? '');
  const [service = '', operation = ''] = target.split('.');
  if (service.startsWith('DynamoDB')) return dynamodbRights(operation, JSON.parse(asked.body.toString()));
  if (service === 'secretsmanager')
    return [[`secretsmanager:${operation}`, `arn:aws:secretsmanager:${account}:secret:${JSON.parse(asked.body.toString()).SecretId}`]];
  if (service === 'AWSStepFunctions') {
    const { executionArn, stateMachineArn } = JSON.parse(asked.body.toString());
    return [[`states:${operation}`, executionArn ?? stateMachineArn]];
  }
  const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(asked.path)?.[1];
  if (invoked) return [['lambda:InvokeFunction', `arn:aws:lambda:${account}:function:${invoked}`]];
  if (asked.path.startsWith('/restore-jobs/')) return [[`backup:${asked.method === 'PUT' ? 'PutRestoreValidationResult' : 'DescribeRestoreJob'}`, '*']];
  if (asked.path.startsWith('/v2/email/suppression/')) return [['ses:GetSuppressedDestination', '*']];
  const form = new URLSearchParams(asked.body.toString());
  if (form.get('Action') === 'DescribeDBInstances') return [['rds:DescribeDBInstances', `arn:aws:rds:${account}:db:${form.get('DBInstanceIdentifier')}`]];
  const action = `${serviceOf(asked)}:${form.get('Action')}`;
  if (isSes(asked)) return [[action, action === 'ses:SendRawEmail' ? `arn:aws:ses:${account}:identity/*` : '*']];
  return serviceOf(asked) === 'sns' ? [[action, form.get('TopicArn') ?? '']] : s3Rights(asked);
}

function isSes(asked: Asked): boolean {
  return serviceOf(asked) === 'ses';
}

/** Returns the rights of a transaction: those of its parts. */
function dynamodbRights(operation: string, body: Keyed & { TransactItems?: Record<string, Keyed>[] }): Right[] {
  const arn = (table: string | undefined) => `arn:aws:dynamodb:${account}:table/${table}`;
  if (!body.TransactItems) return [[`dynamodb:${operation}`, arn(body.TableName), recordOf(body)]];
  const rights: Record<string, string> = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem', Get: 'GetItem' };
  return body.TransactItems.flatMap((item) =>
    Object.entries(item).map(([kind, keyed]): Right => [`dynamodb:${rights[kind]}`, arn(keyed.TableName), recordOf(keyed)]),
  );
}

/** Part of a request to DynamoDB that names a table and a partition. */
interface Keyed {
  TableName?: string;
  Key?: { pk: { S: string } };
  Item?: { pk: { S: string } };
  ExpressionAttributeValues?: { ':pk': { S: string } };
}

function recordOf({ Key, Item, ExpressionAttributeValues }: Keyed): string | undefined {
  return (Key ?? Item)?.pk.S.replace(/#.*/, '#') ?? ExpressionAttributeValues?.[':pk']?.S.replace(/#.*/, '#');
}

function s3Rights({ method, path, query, headers }: Asked): [string, string][] {
  const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/.exec(path) ?? [];
  const arn = `arn:aws:s3:::${bucket}${key && `/${key}`}`;
  if (key === '') return [[query.has('versions') ? 's3:ListBucketVersions' : query.has('uploads') ? 's3:ListBucketMultipartUploads' : 's3:ListBucket', arn]];
  const version = query.has('versionId') ? 'Version' : '';
  if (method === 'DELETE') return [[query.has('uploadId') ? 's3:AbortMultipartUpload' : `s3:DeleteObject${version}`, arn]];
  if (method === 'GET' || method === 'HEAD') return [[query.has('uploadId') ? 's3:ListMultipartUploadParts' : `s3:GetObject${version}`, arn]];
  const source = headers['x-amz-copy-source'];
  const copied: [string, string][] = source === undefined ? [] : [[String(source).includes('versionId=') ? 's3:GetObjectVersion' : 's3:GetObject', arn]];
  return [['s3:PutObject', arn], ...copied];
}

/**
 * Lists each call once and in order, with names for the parts that differ between runs: `names` by their values,
 * `<stamp>` for an instant.
 */
export function named(calls: RecordedCall[], names: Record<string, string>): RecordedCall[] {
  const lines = calls.map(({ function: by, action, resource, record }) => {
    const known = Object.entries(names).reduce((text, [from, to]) => text.replaceAll(from, to), resource);
    return JSON.stringify({
      function: by,
      action,
      resource: known
        .replace(/\/\d{4}\/\d\d\//, '/<month>/')
        .replace(/awsbackup-restore-test-[\w-]+$/, '<restored>')
        .replaceAll(/\d{8}_\d{6}Z/g, '<stamp>'),
      record,
    });
  });
  return [...new Set(lines)].sort().map((line) => JSON.parse(line) as RecordedCall);
}
