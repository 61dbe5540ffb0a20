import { Stack } from 'aws-cdk-lib';
import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Vault } from './vault.ts';

/** Makes a route to S3 (free) that allows everybody to read the vault, and nothing else. */
export function vaultEndpoint(
  scope: Construct,
  { vpc, routeTables, vault }: { readonly vpc: string; readonly routeTables: readonly string[]; readonly vault: Vault },
): CfnVPCEndpoint {
  const statements = vault.toRead().statements.map(({ actions, resources }) => new PolicyStatement({ principals: [new AnyPrincipal()], actions, resources }));
  return new CfnVPCEndpoint(scope, 'VaultEndpoint', {
    vpcId: vpc,
    vpcEndpointType: 'Gateway',
    serviceName: `com.amazonaws.${Stack.of(scope).region}.s3`,
    routeTableIds: [...routeTables],
    policyDocument: new PolicyDocument({ statements }),
  });
}
