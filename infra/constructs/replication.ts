import { Stack, Validations } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { CopyOutOfReach } from '../../core/config/copy-out-of-reach.ts';
import { ConfigurationError } from '../../core/errors.ts';
import { allow } from './grant.ts';

/**
 * Lets S3 copy every object of the vault into a bucket of another account: its copies are that account's, and no
 * deletion follows them there. S3 user guide, "Setting up permissions for live replication".
 */
export function replicate(scope: Construct, bucket: Bucket, copy: CopyOutOfReach, key: IKey | undefined): void {
  if ((key === undefined) !== (copy.key === undefined))
    throw new ConfigurationError(
      `aws.copy.key: ${copy.key === undefined ? 'a key encrypts the vault, and S3 needs one for the copy; write the ARN of a key there' : 'S3 uses it for a vault with a key alone; write aws.key too, or leave it out'}`,
    );
  const { partition, region, urlSuffix } = Stack.of(scope);
  const there = `arn:${partition}:s3:::${copy.bucket}`;
  const role = new Role(scope, 'Replication', {
    // S3's user guide, "Setting up permissions for live replication", knows no condition for it
    assumedBy: new ServicePrincipal('s3.amazonaws.com'),
    description: `S3 copies the backups to ${copy.bucket}`,
  });
  const statements: PolicyStatement[] = [
    allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], [bucket.bucketArn]),
    // the last two, since a vault may be locked
    allow(['s3:GetObjectVersionForReplication', 's3:GetObjectVersionTagging', 's3:GetObjectRetention', 's3:GetObjectLegalHold'], [bucket.arnForObjects('*')]),
    // not s3:ReplicateDelete
    allow(['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'], [`${there}/*`]),
  ];
  if (key && copy.key !== undefined)
    statements.push(
      allow(['kms:Decrypt'], [key.keyArn], { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } }),
      allow(['kms:Encrypt'], [copy.key], { StringEquals: { 'kms:ViaService': `s3.${copy.region}.${urlSuffix}` } }),
    );
  for (const statement of statements) role.addToPolicy(statement);
  const own = bucket.node.defaultChild as CfnBucket;
  own.replicationConfiguration = {
    role: role.roleArn,
    rules: [
      {
        id: 'out-of-reach',
        priority: 1,
        status: 'Enabled',
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Disabled' },
        ...(copy.key !== undefined && { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } } }),
        destination: {
          bucket: there,
          account: copy.account,
          accessControlTranslation: { owner: 'Destination' },
          metrics: { status: 'Enabled' },
          ...(copy.key !== undefined && { encryptionConfiguration: { replicaKmsKeyId: copy.key } }),
        },
      },
    ],
  };
  for (const resource of [`<${Stack.of(scope).resolve(own.logicalId)}.Arn>/*`, `arn:<AWS::Partition>:s3:::${copy.bucket}/*`])
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason: 'S3 copies every object of one bucket into one other.' });
}
