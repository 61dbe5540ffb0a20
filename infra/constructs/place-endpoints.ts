import { Fn, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Place } from '../../core/config/deployment.ts';

export interface PlaceEndpointsProps {
  readonly place: Place & { readonly routeTables: readonly string[] };
  /** True if Secrets Manager must be reached. */
  readonly secrets: boolean;
}

/**
 * Ways out of a place without internet. S3 and DynamoDB are reached by its route tables (free). Secrets Manager and
 * CloudWatch Logs have addresses in its subnets. Without Logs a build in the place hangs; functions write their logs
 * from outside of it.
 */
export class PlaceEndpoints extends Construct {
  constructor(scope: Construct, id: string, { place, secrets }: PlaceEndpointsProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    for (const service of ['s3', 'dynamodb'])
      new CfnVPCEndpoint(this, service, {
        vpcId: place.vpc,
        vpcEndpointType: 'Gateway',
        serviceName: `com.amazonaws.${region}.${service}`,
        routeTableIds: [...place.routeTables],
      });
    const group = new CfnSecurityGroup(this, 'EndpointsGroup', {
      vpcId: place.vpc,
      groupDescription: 'HTTPS to the endpoints, from the function and the build that dump',
      securityGroupIngress: place.securityGroups.map((sourceSecurityGroupId) => ({
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        sourceSecurityGroupId,
        description: 'the function and the build that dump',
      })),
    });
    for (const service of ['logs', ...(secrets ? ['secretsmanager'] : [])])
      new CfnVPCEndpoint(this, service, {
        vpcId: place.vpc,
        vpcEndpointType: 'Interface',
        serviceName: `com.amazonaws.${region}.${service}`,
        subnetIds: place.subnets,
        securityGroupIds: [Fn.getAtt(group.logicalId, 'GroupId').toString()],
        privateDnsEnabled: true,
      });
  }
}
