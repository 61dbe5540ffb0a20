import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import { allow, type Grant } from './grant.ts';

/**
 * Grants sending as the configured sender, who becomes an SES identity unless it is one already. SES then sends it a
 * message to confirm. The identity stays when the stack goes or no longer makes it: others may send by it.
 */
export function mailFrom(scope: Construct, id: string, { sender, aws }: Pick<Config, 'sender' | 'aws'>): Grant {
  if (!aws.senderVerified) new CfnEmailIdentity(scope, id, { emailIdentity: sender }).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  const { account, partition, region } = Stack.of(scope);
  const own = `arn:${partition}:ses:${region}:${account}`;
  return {
    environment: {},
    statements: [
      // while an account is in SES's sandbox, the identities of recipients are checked too; an identity of another's
      // making may have a default configuration set, whose right is asked for as well
      allow(['ses:SendRawEmail'], [`${own}:identity/*`, ...(aws.senderVerified ? [`${own}:configuration-set/*`] : [])], {
        StringEquals: { 'ses:FromAddress': sender },
      }),
    ],
    acknowledged: {
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]':
        'In the SES sandbox the right is asked for on the recipients too; the condition allows one sender only.',
      ...(aws.senderVerified && {
        'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:configuration-set/*]':
          "The identity is not the stack's, nor is its default configuration set, whose name is not known here; the condition allows one sender only.",
      }),
    },
  };
}
