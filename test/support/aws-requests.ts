import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request to a service of AWS, before its body. */
export interface Head {
  method?: string | undefined;
  /** Path with the query. */
  url?: string | undefined;
  headers: IncomingHttpHeaders;
}

export type Service = 's3' | 'ses' | 'sns' | 'dynamodb' | 'secretsmanager';

/** Reads a body; `buffer` of Node makes a blob of it first. */
export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await message.toArray()) as Buffer[]);
}

/** Answer of a service that refuses. */
export interface Refusal {
  error: number;
  code: string;
  message?: string;
  /** More fields, for services that speak JSON. */
  more?: object;
}

/** Returns the service that a request addresses. */
export function serviceOf({ headers }: Head): Service {
  const target = headers['x-amz-target'];
  if (target !== undefined) return String(target).startsWith('DynamoDB') ? 'dynamodb' : 'secretsmanager';
  const signed = /\/(ses|sns)\/aws4_request/.exec(String(headers.authorization))?.[1];
  return signed === 'sns' || signed === 'ses' ? signed : 's3';
}

/** Returns AWS's name for a request: `PutObject`, `GetItem`, `GetSecretValue` … SES and SNS speak in forms. */
export function operationOf(head: Head, body?: Buffer): string {
  const service = serviceOf(head);
  if (service === 's3') return operationOfS3(head);
  if (service === 'ses' || service === 'sns') return new URLSearchParams(body?.toString()).get('Action') ?? `${head.method} ${head.url}`;
  return String(head.headers['x-amz-target']).split('.')[1] ?? '';
}

function operationOfS3({ method = '', url = '/', headers }: Head): string {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const isBucket = pathname.split('/').filter(Boolean).length < 2;
  const copy = headers['x-amz-copy-source'] ? 'Copy' : '';
  if (searchParams.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (searchParams.has('uploadId'))
    return { PUT: `UploadPart${copy}`, POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload', GET: 'ListParts' }[method] ?? 'unknown';
  if (isBucket) return method === 'GET' ? (searchParams.has('versions') ? 'ListObjectVersions' : 'ListObjectsV2') : `${method} bucket`;
  return { PUT: copy ? 'CopyObject' : 'PutObject', DELETE: 'DeleteObject', HEAD: 'HeadObject', GET: 'GetObject' }[method] ?? 'unknown';
}

/** Writes a refusal as the service does. */
export function written(service: Service, { code, message = `a ${code}`, more }: Refusal): { type: string; text: string } {
  if (service === 's3')
    return {
      type: 'application/xml',
      text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>REQUEST1</RequestId></Error>`,
    };
  if (service === 'ses' || service === 'sns')
    return {
      type: 'text/xml',
      text: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>REQUEST1</RequestId></ErrorResponse>`,
    };
  const type = service === 'dynamodb' ? `com.amazonaws.dynamodb.v20120810#${code}` : code;
  return { type: 'application/x-amz-json-1.0', text: JSON.stringify({ __type: type, message, ...more }) };
}
