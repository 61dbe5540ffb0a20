import { Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { CopyOutOfReach } from '../core/config/copy-out-of-reach.ts';

export interface CopyStackProps extends StackProps {
  readonly copy: CopyOutOfReach;
}

/**
 * Bucket of copies, in an account and region of its own. The stack's account may add copies, and nothing else; nothing
 * expires. Whoever manages this account may delete copies, unless they are locked.
 */
export class CopyStack extends Stack {
  constructor(scope: Construct, id: string, { copy, ...props }: CopyStackProps) {
    super(scope, id, { description: 'Copies of backups of Sauvegarde', env: { account: copy.account, region: copy.region }, ...props });
    const bucket = new Bucket(this, 'Copies', {
      bucketName: copy.bucket, // the vault's stack names it before it is there
      versioned: true,
      ...(copy.key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: Key.fromKeyArn(this, 'Key', copy.key), bucketKeyEnabled: true }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(copy.lockDays !== undefined && {
        objectLockEnabled: true,
        objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(copy.lockDays)),
      }),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TheVaultAddsCopies',
        principals: [new AccountPrincipal(copy.from)],
        actions: ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyElseFromThereWrites',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete', 's3:PutObject'],
        resources: [bucket.arnForObjects('*')],
        conditions: { StringEquals: { 'aws:PrincipalAccount': copy.from } },
      }),
    );
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'CloudTrail can record object events where an account wants them; access logs would need one more bucket.',
    });
  }
}
