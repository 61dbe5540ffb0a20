import { StorageFullError, StorageRefusedError } from '../errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Errors by which a file system refuses (errno(3)), in words. Others are faults of ours. */
const refusals: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user may not do that',
  EROFS: 'the file system is read-only',
  EEXIST: 'something of that name is there already',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a folder is expected, and a file, or a link to nothing, is there',
  EISDIR: 'a file is expected, and a folder is there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links lead in a circle',
  EXDEV: 'it lies on two file systems',
  EMLINK: 'the file has too many names',
  EIO: 'the disk could not be read or written',
  ESTALE: 'the server of this file system does not know the file any more',
  EREMOTEIO: 'the server of this file system failed',
  ENODEV: 'the disk is gone',
  ENXIO: 'the disk is gone',
  ENOTSUP: 'the file system cannot do that',
  EOPNOTSUPP: 'the file system cannot do that',
  EINVAL: 'the file system does not understand that',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
  ENOMEM: 'the machine is out of memory',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is a program that runs',
  EINTR: 'it was interrupted',
  EAGAIN: 'it is not ready',
};

/** Turns a file system's refusal into our error; returns any other error unchanged. `doing` completes "could not …". */
export function storageError(cause: unknown, doing: string): unknown {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined) return cause;
  if (full.has(code)) return new StorageFullError(`could not ${doing}: no space left (${code})`, { cause });
  if (Object.hasOwn(refusals, code)) return new StorageRefusedError(`could not ${doing}: ${refusals[code]} (${code})`, { cause });
  return cause;
}
