import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { RefusedError } from '../../errors.ts';
import { checkKey, keyPart } from '../key.ts';

/**
 * Makes an address that lets its holder download the object, as a file of that name. It expires after `seconds`, or
 * earlier with the session of the role that signed it. Does not check whether the key holds something. Throws
 * RefusedError if the key or the file name has anything but letters, digits, `.`, `_` and `-`.
 */
export async function presignDownload(
  { client, name }: { client: S3Client; name: string },
  key: string,
  { seconds, fileName }: { seconds: number; fileName: string },
): Promise<string> {
  checkKey(key);
  if (!keyPart.test(fileName)) throw new RefusedError(`${JSON.stringify(fileName)} is no name for a file to download`);
  const command = new GetObjectCommand({ Bucket: name, Key: key, ResponseContentDisposition: `attachment; filename="${fileName}"` });
  return getSignedUrl(client, command, { expiresIn: seconds });
}
