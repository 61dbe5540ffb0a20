import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type CfnBucketPolicy,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import { cardOf } from '../../core/engines/cards.ts';
import { headsPrefix, howToRestoreKey, identitiesRoot, keyPatterns, replacedName } from '../../core/names.ts';
import { allow, type Grant } from './grant.ts';
import { keepId } from './logical-ids.ts';
import { throughKey } from './own-key.ts';
import { replicate } from './replication.ts';

/** Makes the rule that moves what is kept long. S3 leaves objects below 128 KB where they are. */
function moving({ afterDays, storageClass }: NonNullable<Config['aws']['coldStorage']>): LifecycleRule {
  return { id: 'what-is-kept-long', transitions: [{ storageClass: new StorageClass(storageClass), transitionAfter: Duration.days(afterDays) }] };
}

/** Days after which unfinished uploads are aborted. */
const unfinishedDays = 7;

/**
 * Bucket of the backups. It keeps every version. A retired object becomes an old version and goes after the days of
 * grace; nothing else ever expires; what is kept long can move to a colder class of storage. Its policy binds everybody
 * in the account: TLS only, no key is written twice, no version is deleted. It names the bucket alone, so that both can
 * be imported into another stack.
 */
export class Vault extends Construct {
  readonly bucket: Bucket;
  readonly #key: IKey | undefined;
  /** Logical id of the bucket. */
  readonly #id: string;

  /** Keys of the dumps that this configuration makes. */
  readonly #dumps: string[];
  /** Those of what restores replace. */
  readonly #replacedDumps: string[];

  constructor(
    scope: Construct,
    id: string,
    { graceDays, databases, aws, encryption }: Pick<Config, 'graceDays' | 'databases' | 'aws' | 'encryption'>,
    key?: IKey,
  ) {
    super(scope, id);
    this.#key = key;
    const patterns = Object.values(databases).map(({ compression, engine }) =>
      keyPatterns.dump(cardOf(engine).extension, compression, encryption !== undefined),
    );
    this.#dumps = [...new Set(patterns)].sort();
    const extensions = new Set(Object.values(databases).map(({ engine }) => cardOf(engine).extension));
    this.#replacedDumps = [...extensions].map((extension) => keyPatterns.dump(extension, 'zstd', encryption !== undefined)).sort();
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      // with a bucket key S3 asks KMS once for many objects
      ...(this.#key ? { encryption: BucketEncryption.KMS, encryptionKey: this.#key, bucketKeyEnabled: true } : { encryption: BucketEncryption.S3_MANAGED }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(aws.objectLock && { objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(aws.objectLock.days)) }),
      lifecycleRules: [
        { id: 'what-was-retired', noncurrentVersionExpiration: Duration.days(graceDays), expiredObjectDeleteMarker: true },
        { id: 'what-was-left-unfinished', abortIncompleteMultipartUploadAfter: Duration.days(unfinishedDays) },
        ...(aws.coldStorage ? [moving(aws.coldStorage)] : []),
      ],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, // a first deployment that fails leaves no empty bucket
    });
    this.#id = keepId(this.bucket.node.defaultChild as CfnBucket, 'Vault');
    this.#deny('NobodyDeletesAVersion', ['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention']);
    // Requests of s3:PutObject that begin or fill a multipart upload cannot carry the header, and create nothing yet
    // (S3 user guide, "Enforce conditional writes"). Bringing back copies into the parts of such an upload.
    this.#deny('NoKeyIsWrittenTwice', ['s3:PutObject'], { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } });
    if (aws.copy) replicate(this, this.bucket, aws.copy, key);
    // kept as long as the bucket: a vault that outlives its stack is as safe as before
    const policy = this.bucket.policy?.node.defaultChild as CfnBucketPolicy;
    policy.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    keepId(policy, 'VaultPolicy');
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who asked for a backup is in the audit table; server access logs would need a second bucket that nothing reads. CloudTrail can record object events where an account wants them.',
    });
  }

  /** Grants listing. Without it, S3 answers "forbidden" for a missing object. */
  toList(): Grant {
    return this.#grant([allow(['s3:ListBucket'], [this.bucket.bucketArn])]);
  }

  toRead(): Grant {
    return this.#grant(this.#reading());
  }

  /** Grants reading the backups of these databases, and of what restores of them have replaced, and no others. */
  toRestore(databases: readonly string[]): Grant {
    const backups = [...new Set(databases.flatMap((name) => [name, replacedName(name)]))].map((name) => `${name}/*`);
    const reason = "A restore reads the backups of the databases of its targets' engines, whose keys are made of time.";
    return this.#ofKeys([allow(['s3:ListBucket'], [this.bucket.bucketArn])], [['s3:GetObject', backups]], reason);
  }

  /** Grants adding dumps of what restores of these databases' backups replace, with their scans. */
  toDumpReplaced(databases: readonly string[]): Grant {
    const names = [...new Set(databases.map(replacedName))].sort();
    const added = names.flatMap((name) => [...this.#replacedDumps, keyPatterns.scan].map((pattern) => `${name}/${pattern}`));
    const reason = 'What a restore replaces is dumped first, under keys that are made of time.';
    return this.#ofKeys(
      [],
      [
        ['s3:PutObject', added],
        ['s3:AbortMultipartUpload', names.map((name) => `${name}/*`)],
      ],
      reason,
    );
  }

  #ofKeys(statements: PolicyStatement[], patterns: [action: string, patterns: string[]][], reason: string): Grant {
    const own = patterns.map(([action, of]) =>
      allow(
        [action],
        of.map((pattern) => this.bucket.arnForObjects(pattern)),
      ),
    );
    const grant = this.#grant([...statements, ...own]);
    const reasons = patterns.flatMap(([, of]) => of.map((pattern) => [`AwsSolutions-IAM5[Resource::<${this.#id}.Arn>/${pattern}]`, reason] as const));
    return { ...grant, acknowledged: { ...grant.acknowledged, ...Object.fromEntries(reasons) } };
  }

  /**
   * Grants adding dumps and their scans, of any size, and nothing that makes a backup of them. Includes reading,
   * because stored objects are compared afterwards.
   */
  toDump(): Grant {
    return this.#grant([...this.#reading(), this.#adding([...this.#dumps, keyPatterns.scan]), allow(['s3:AbortMultipartUpload'], [this.#objects])]);
  }

  /** Grants adding what makes a dump a backup. */
  toPublish(): Grant {
    return this.#grant([...this.#reading(), this.#adding([keyPatterns.manifest, keyPatterns.proof, howToRestoreKey, `${identitiesRoot}*`])]);
  }

  /** Grants adding later proofs of a backup. */
  toProveAgain(): Grant {
    return this.#grant([...this.#reading(), this.#adding([keyPatterns.laterProof])]);
  }

  /** Grants putting a delete marker, but never deleting a version. */
  toRetire(): Grant {
    return this.#grant(this.#retiring());
  }

  /** Grants reading, and adding heads of the audit log, which lie apart from the backups. */
  toNoteHeads(): Grant {
    return this.#grant([...this.#reading(), this.#adding([`${headsPrefix}*`])]);
  }

  /**
   * Grants cleaning up: retiring, aborting unfinished uploads, writing holds that the catalogue alone knows, and
   * beginning an empty vault again.
   */
  toSweep(): Grant {
    return this.#grant([
      ...this.#retiring(),
      this.#adding([keyPatterns.hold, howToRestoreKey]),
      allow(['s3:ListBucketMultipartUploads'], [this.bucket.bucketArn]),
      allow(['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload'], [this.#objects]),
    ]);
  }

  toBringBack(): Grant {
    return this.#grant([
      ...this.#reading(),
      allow(['s3:ListBucketVersions'], [this.bucket.bucketArn]),
      allow(['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObjectVersion'], [this.#objects]),
    ]);
  }

  #reading(): PolicyStatement[] {
    return [allow(['s3:ListBucket'], [this.bucket.bucketArn]), allow(['s3:GetObject'], [this.#objects])];
  }

  #retiring(): PolicyStatement[] {
    return [...this.#reading(), allow(['s3:DeleteObject'], [this.#objects])];
  }

  #adding(patterns: string[]): PolicyStatement {
    return allow(
      ['s3:PutObject'],
      patterns.map((pattern) => this.bucket.arnForObjects(pattern)),
    );
  }

  get #objects(): string {
    return this.bucket.arnForObjects('*');
  }

  #grant(statements: PolicyStatement[]): Grant {
    const actions = statements.flatMap((statement) => statement.actions);
    const use = actions.includes('s3:PutObject') ? 'write' : 'read';
    return {
      environment: { SAUVEGARDE_BUCKET: this.bucket.bucketName },
      statements: [...statements, ...(actions.some((action) => /^s3:(Get|Put)Object$/.test(action)) ? throughKey(this, this.#key, 's3', use) : [])],
      acknowledged: {
        [`AwsSolutions-IAM5[Resource::<${this.#id}.Arn>/*]`]: 'Keys are made of database and time: a role works with all objects of this one bucket.',
        [`AwsSolutions-IAM5[Resource::<${this.#id}.Arn>/${headsPrefix}*]`]: 'The heads of the audit log are named by their time.',
        ...Object.fromEntries(
          [...this.#dumps, keyPatterns.scan, keyPatterns.manifest, keyPatterns.proof, keyPatterns.laterProof, keyPatterns.hold, `${identitiesRoot}*`].map(
            (pattern) => [
              `AwsSolutions-IAM5[Resource::<${this.#id}.Arn>/${pattern}]`,
              'A role may write one kind of object, whose keys are made of database and time.',
            ],
          ),
        ),
      },
    };
  }

  #deny(sid: string, actions: string[], conditions?: Record<string, Record<string, string | string[]>>): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: [this.#objects],
        ...(conditions && { conditions }),
      }),
    );
  }
}
