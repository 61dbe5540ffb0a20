import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type MultipartUpload,
} from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isMissing } from './refusal.ts';

/**
 * Aborts the multipart uploads that have received nothing since `before`. Returns their number. A dry run only counts.
 */
export async function abortUnfinished(bucket: Bucket, before: Date, dryRun: boolean): Promise<number> {
  let aborted = 0;
  for (const upload of await unfinished(bucket)) {
    if (upload.Initiated && upload.Initiated >= before) continue;
    try {
      if ((await lastPart(bucket, upload)) >= before) continue;
      if (!dryRun) await bucket.client.send(new AbortMultipartUploadCommand(request(bucket, upload)));
      aborted++;
    } catch (error) {
      if (!isMissing(error)) throw error; // it was completed or aborted meanwhile
    }
  }
  return aborted;
}

async function unfinished({ client, name, prefix }: Bucket): Promise<MultipartUpload[]> {
  const found: MultipartUpload[] = [];
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListMultipartUploadsCommandOutput = await client.send(new ListMultipartUploadsCommand({ Bucket: name, Prefix: prefix || undefined, ...from }));
    found.push(...(page.Uploads ?? []));
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
  return found;
}

/**
 * Returns the time of the newest part: an upload that takes days is not abandoned. (The SDK's paginator never ends
 * where the last page has a marker too.)
 */
async function lastPart(bucket: Bucket, upload: MultipartUpload): Promise<Date> {
  let last = upload.Initiated ?? new Date(0);
  let more = true;
  for (let from: string | undefined; more; ) {
    const page: ListPartsCommandOutput = await bucket.client.send(new ListPartsCommand({ ...request(bucket, upload), PartNumberMarker: from }));
    for (const { LastModified } of page.Parts ?? []) if (LastModified && LastModified > last) last = LastModified;
    from = page.NextPartNumberMarker;
    more = page.IsTruncated ?? false;
  }
  return last;
}

function request({ name }: Bucket, { Key, UploadId }: MultipartUpload) {
  return { Bucket: name, Key, UploadId };
}
