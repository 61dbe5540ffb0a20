import { Stack } from 'aws-cdk-lib';
import { CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import { allow, type Grant } from './grant.ts';

/**
 * Grants sending as the configured sender, who becomes an SES identity unless it is one already. SES then sends it a
 * message to confirm.
 */
export function mailFrom(scope: Construct, id: string, { sender, aws }: Pick<Config, 'sender' | 'aws'>): Grant {
  if (!aws.senderVerified) new CfnEmailIdentity(scope, id, { emailIdentity: sender });
  const { account, partition, region } = Stack.of(scope);
  return {
    environment: {},
    // while an account is in SES's sandbox, the identities of recipients are checked too
    statements: [allow(['ses:SendRawEmail'], [`arn:${partition}:ses:${region}:${account}:identity/*`], { StringEquals: { 'ses:FromAddress': sender } })],
    acknowledged: {
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]':
        'In the SES sandbox the right is asked for on the recipients too; the condition allows one sender only.',
    },
  };
}
