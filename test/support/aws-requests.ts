import type { IncomingHttpHeaders } from 'node:http';

/** A request to a service of AWS, before its body. */
export interface Head {
  method?: string | undefined;
  /** With the query. */
  url?: string | undefined;
  headers: IncomingHttpHeaders;
}

export type Service = 's3' | 'ses' | 'dynamodb' | 'secretsmanager';

/** What a service answers when it refuses. */
export interface Refusal {
  error: number;
  code: string;
  message?: string;
  /** Fields beside, for services that speak JSON. */
  more?: object;
}

/** Which of the services that the functions use is asked. */
export function serviceOf({ url = '/', headers }: Head): Service {
  const target = headers['x-amz-target'];
  if (target !== undefined) return String(target).startsWith('DynamoDB') ? 'dynamodb' : 'secretsmanager';
  return url === '/' && String(headers['content-type']).startsWith('application/x-www-form-urlencoded') ? 'ses' : 's3'; // SES speaks in forms
}

/** The name that AWS gives to a request: `PutObject`, `GetItem`, `GetSecretValue` … A mail is the one thing that a function asks of SES. */
export function operationOf(head: Head): string {
  const service = serviceOf(head);
  if (service === 's3') return operationOfS3(head);
  return service === 'ses' ? 'SendRawEmail' : (String(head.headers['x-amz-target']).split('.')[1] ?? '');
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

/** A refusal as the service writes it. */
export function written(service: Service, { code, message = `a ${code}`, more }: Refusal): { type: string; text: string } {
  if (service === 's3')
    return {
      type: 'application/xml',
      text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>REQUEST1</RequestId></Error>`,
    };
  if (service === 'ses')
    return {
      type: 'text/xml',
      text: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>REQUEST1</RequestId></ErrorResponse>`,
    };
  const type = service === 'dynamodb' ? `com.amazonaws.dynamodb.v20120810#${code}` : code;
  return { type: 'application/x-amz-json-1.0', text: JSON.stringify({ __type: type, message, ...more }) };
}
