import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { RefusedError } from '../../errors.ts';
import { checkKey, keyPart } from '../key.ts';
import type { Bucket } from './bucket.ts';

/**
 * An address under which whoever has it may download the object, as a file of that name. It ends after so many seconds, and before that with the session of the role that signed it. Nothing looks whether the key holds
 * something. A key or a file name with anything but letters, digits, `.`, `_` and `-` is a RefusedError.
 */
export async function presignDownload({ client, name }: Bucket, key: string, { seconds, fileName }: { seconds: number; fileName: string }): Promise<string> {
  checkKey(key);
  if (!keyPart.test(fileName)) throw new RefusedError(`${JSON.stringify(fileName)} is no name for a file to download`);
  const command = new GetObjectCommand({ Bucket: name, Key: key, ResponseContentDisposition: `attachment; filename="${fileName}"` });
  return getSignedUrl(client, command, { expiresIn: seconds });
}
