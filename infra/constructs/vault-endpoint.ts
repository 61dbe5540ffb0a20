import { Stack } from 'aws-cdk-lib';
import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { allow } from './grant.ts';
import type { Vault } from './vault.ts';

/**
 * Makes a route to S3 (free) that allows everybody to read the vault and the code of a build, and nothing else. AWS
 * does not say whether CodeBuild fetches that from inside of the place.
 */
export function vaultEndpoint(
  scope: Construct,
  { code, vpc, routeTables, vault }: { readonly vpc: string; readonly routeTables: readonly string[]; readonly vault: Vault; readonly code: Asset },
): CfnVPCEndpoint {
  const { partition, region } = Stack.of(scope);
  const source = allow(['s3:GetObject', 's3:GetObjectVersion'], [`arn:${partition}:s3:::${code.s3BucketName}/${code.s3ObjectKey}`]);
  const reading = vault.toRead().statements.filter(({ actions }) => actions.every((action) => action.startsWith('s3:'))); // S3 itself asks for a key
  const statements = [...reading, source].map(({ actions, resources }) => new PolicyStatement({ principals: [new AnyPrincipal()], actions, resources }));
  return new CfnVPCEndpoint(scope, 'VaultEndpoint', {
    vpcId: vpc,
    vpcEndpointType: 'Gateway',
    serviceName: `com.amazonaws.${region}.s3`,
    routeTableIds: [...routeTables],
    policyDocument: new PolicyDocument({ statements }),
  });
}
