import { Stack } from 'aws-cdk-lib';
import { CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import { allow, type Grant } from './grant.ts';

/** The sender as an identity of SES, which writes to it to be confirmed, and the right to send as it. */
export function mailFrom(scope: Construct, id: string, sender: string): Grant {
  new CfnEmailIdentity(scope, id, { emailIdentity: sender });
  const { account, partition, region } = Stack.of(scope);
  return {
    environment: {},
    // while an account is in SES's sandbox, the recipients' identities are asked for too
    statements: [allow(['ses:SendRawEmail'], [`arn:${partition}:ses:${region}:${account}:identity/*`], { StringEquals: { 'ses:FromAddress': sender } })],
    acknowledged: {
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]':
        'In the SES sandbox the right is asked for on the recipients too; the condition allows one sender only.',
    },
  };
}
