import { S3Client } from '@aws-sdk/client-s3';

/*
 * The SDK's clients, each made when it is first asked for and then kept. Region, credentials and endpoints come from the environment as everywhere on AWS (`AWS_REGION`, `AWS_ENDPOINT_URL_S3`, …).
 */

/** What every client is made with, where it is not the SDK's default. */
export const settings = {
  /** The default, 3, waits about a second in all. A service that asks for patience (SlowDown, throttling) gets some 10 s, because one refused part ends an upload of hours. */
  maxAttempts: 6,
  /** By default a connection that nobody answers on hangs until the function is cut off: then nothing can be put away or reported. Milliseconds. */
  requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
};

let s3Client: S3Client | undefined;

export function s3(): S3Client {
  s3Client ??= new S3Client(settings);
  return s3Client;
}
