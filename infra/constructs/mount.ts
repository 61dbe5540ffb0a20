import type { Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IDependable } from 'constructs';
import { allow, finding, type Grant } from './grant.ts';

/** File system of EFS that dumps of a place read. */
export interface Mount {
  /** ARN of the access point. */
  readonly accessPoint: string;
  /** ARN of its file system, or a pattern of it. */
  readonly fileSystem: string;
  /** Resources without which it cannot be mounted. @default they are there */
  readonly after?: IDependable;
}

/** Lambda takes a folder directly below `/mnt` (its API reference, FileSystemConfig). */
const folder = '/mnt/efs';

/** Returns the mount of an access point in the configuration, whose ARN does not name the file system. */
export function mountOf(accessPoint: string): Mount {
  return { accessPoint, fileSystem: accessPoint.replace(/:access-point\/.*/, ':file-system/*') };
}

/**
 * Grants mounting an access point to read it: without `elasticfilesystem:ClientWrite` EFS takes no write, if the file
 * system has a policy of its own (EFS user guide, "Using IAM to control access to file systems").
 */
export function mounting(stack: Stack, { accessPoint, fileSystem }: Mount): Grant {
  return {
    environment: { SAUVEGARDE_MOUNT: folder, SAUVEGARDE_ACCESS_POINT: accessPoint },
    statements: [allow(['elasticfilesystem:ClientMount'], [fileSystem], { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint } })],
    acknowledged: {
      ...(fileSystem.endsWith('*') && { [finding(stack, fileSystem)]: 'The condition allows the one access point, whose ARN does not name its file system.' }),
    },
  };
}

/** Mounts the file system in a function, once it can be mounted. */
export function mountIn(made: CfnFunction, { accessPoint, after }: Mount): void {
  made.fileSystemConfigs = [{ arn: accessPoint, localMountPath: folder }];
  if (after) made.node.addDependency(after);
}
