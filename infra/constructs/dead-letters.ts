import { Duration, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * Makes the queue for events that reached no function, or that no function could handle. An alarm calls a person to
 * them. `key` encrypts them; by default one of SQS does.
 */
export function deadLetters(scope: Construct, id: string, key?: IKey): Queue {
  const encryption = key ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key } : { encryption: QueueEncryption.SQS_MANAGED };
  const queue = new Queue(scope, id, { ...encryption, enforceSSL: true, retentionPeriod: Duration.days(14) });
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'It is the dead-letter queue.' });
  return queue;
}
