import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { OutOfTimeError, SourceMissingError } from '../../errors.ts';
import { awsLimits } from '../../policy/aws-limits.ts';

/** Network file system that is mounted here to be read, while applications on other machines use its databases. */
export interface Mount {
  /** Folder; empty on the larger compute, which mounts none. */
  folder: string;
  /** Name of what is mounted: the ARN of an access point. */
  name: string;
}

/**
 * Returns the path of a file below a mount. Throws SourceMissingError if the folder is missing or empty, and
 * OutOfTimeError on the larger compute: it goes on with what a function had no time for.
 */
export async function pathBelow({ folder, name }: Mount, file: string): Promise<string> {
  if (folder === '')
    throw new OutOfTimeError(
      `${file} could not be copied in the ${awsLimits.functionSeconds / 60} minutes of a function, and a build cannot go on: CodeBuild mounts EFS in privileged builds alone, without an access point and without IAM. Give the file system more throughput, or back the file up on a machine that mounts it ("npx sauvegarde local")`,
    );
  if (await isEmpty(folder))
    throw new SourceMissingError(`there is no file in ${folder}, where ${name} is mounted: check that it is the access point of this database`);
  return join(folder, file);
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    await using entries = await opendir(folder);
    return (await entries.read()) === null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'; // a folder that may not be listed can still be entered
  }
}
