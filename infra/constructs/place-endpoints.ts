import { Fn, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { EndpointService, Place } from '../../core/config/deployment.ts';

export interface PlaceEndpointsProps {
  readonly place: Place;
  readonly endpoints: readonly EndpointService[];
}

/**
 * Ways out of a place without internet. S3 and DynamoDB are reached by its route tables (free). Secrets Manager and
 * CloudWatch Logs have an address in one subnet of each zone; two in one zone are refused (VPC user guide, "Access an
 * AWS service using an interface VPC endpoint"). Without Logs a build in the place hangs; functions write their logs
 * from outside of it.
 */
export class PlaceEndpoints extends Construct {
  constructor(scope: Construct, id: string, { endpoints, place }: PlaceEndpointsProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    for (const service of endpoints.filter((each) => !hasAddress(each)))
      new CfnVPCEndpoint(this, service, {
        vpcId: place.vpc,
        vpcEndpointType: 'Gateway',
        serviceName: `com.amazonaws.${region}.${service}`,
        routeTableIds: place.routeTables ?? [],
      });
    const withAddress = endpoints.filter(hasAddress);
    if (withAddress.length === 0) return;
    // everybody in the VPC: with private names nobody there reaches the service any other way
    const group = new CfnSecurityGroup(this, 'EndpointsGroup', {
      vpcId: place.vpc,
      groupDescription: 'HTTPS to the endpoints, from the whole VPC',
      securityGroupIngress: (place.cidrs ?? []).map((cidrIp) => ({ ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp, description: 'the VPC' })),
    });
    for (const service of withAddress)
      new CfnVPCEndpoint(this, service, {
        vpcId: place.vpc,
        vpcEndpointType: 'Interface',
        serviceName: `com.amazonaws.${region}.${service}`,
        subnetIds: place.endpointSubnets ?? place.subnets.slice(0, 1),
        securityGroupIds: [Fn.getAtt(group.logicalId, 'GroupId').toString()],
        privateDnsEnabled: true,
      });
  }
}

function hasAddress(service: EndpointService): boolean {
  return service === 'logs' || service === 'secretsmanager';
}
