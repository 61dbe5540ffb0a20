import { Fn, Validations } from 'aws-cdk-lib';
import { CfnRouteTable, CfnSecurityGroup, CfnSubnet, CfnSubnetRouteTableAssociation, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { CfnFirewallDomainList, CfnFirewallRuleGroup, CfnFirewallRuleGroupAssociation } from 'aws-cdk-lib/aws-route53resolver';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { InVpc } from '../dump-places.ts';
import type { Vault } from './vault.ts';
import { vaultEndpoint } from './vault-endpoint.ts';

/** The smallest subnets that a VPC can have, one in each of two zones: functions in one subnet share an address. */
const addresses = { all: '10.0.0.0/27', subnets: ['10.0.0.0/28', '10.0.0.16/28'] };

/**
 * Network of proofs, from which nothing but the vault can be reached: a VPC without an internet gateway. Its one route
 * leads to S3, and there to what `vault.toRead` allows. Its resolver knows only the names of the vault and
 * of the bucket with the build's code, so that queries for names can carry nothing out.
 */
export class ProofNetwork extends Construct {
  /** Place for a function to enter. */
  readonly place: InVpc;

  constructor(scope: Construct, id: string, { code, vault }: { readonly vault: Vault /** Code of the build that proves. */; readonly code: Asset }) {
    super(scope, id);
    // S3 by a gateway needs both DNS settings (VPC user guide, "Gateway endpoints for Amazon S3")
    const vpc = new CfnVPC(this, 'Vpc', { cidrBlock: addresses.all, enableDnsSupport: true, enableDnsHostnames: true });
    const routes = new CfnRouteTable(this, 'Routes', { vpcId: vpc.attrVpcId });
    const subnets = addresses.subnets.map((cidrBlock, index) => {
      const subnet = new CfnSubnet(this, `Subnet${index}`, { vpcId: vpc.attrVpcId, cidrBlock, availabilityZone: Fn.select(index, Fn.getAzs()) });
      new CfnSubnetRouteTableAssociation(this, `Route${index}`, { subnetId: subnet.attrSubnetId, routeTableId: routes.attrRouteTableId });
      return subnet.attrSubnetId;
    });
    vaultEndpoint(this, { vpc: vpc.attrVpcId, routeTables: [routes.attrRouteTableId], vault, code });
    const group = new CfnSecurityGroup(this, 'Group', {
      vpcId: vpc.attrVpcId,
      groupDescription: 'Proofs: HTTPS out, nothing in',
      securityGroupIngress: [],
      securityGroupEgress: [{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: '0.0.0.0/0', description: 'the one route leads to S3' }],
    });
    this.#nameNothingBut([vault.bucket.bucketRegionalDomainName, code.bucket.bucketRegionalDomainName], vpc.attrVpcId);
    this.place = { vpc: vpc.attrVpcId, subnets, securityGroups: [group.attrGroupId] };
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'There is one way out, to the vault, and what is asked of the vault CloudTrail can record where an account wants that.',
    });
  }

  /**
   * Limits the resolver to these names. Otherwise every VPC's resolver asks the whole internet, and a name can carry
   * data. If the firewall itself fails, nothing is resolved: that is its default.
   */
  #nameNothingBut(names: string[], vpcId: string): void {
    const list = (id: string, domains: string[]) => new CfnFirewallDomainList(this, id, { domains }).attrId;
    const rules = new CfnFirewallRuleGroup(this, 'Names', {
      firewallRules: [
        // S3 may answer for a bucket with other names of its own, which then need not be listed
        { priority: 1, action: 'ALLOW', firewallDomainListId: list('VaultName', names), firewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN' },
        { priority: 2, action: 'BLOCK', blockResponse: 'NXDOMAIN', firewallDomainListId: list('AnyName', ['*']) },
      ],
    });
    // 101 is the minimum; protection against removal would keep the stack from being deleted
    new CfnFirewallRuleGroupAssociation(this, 'NamesOfVpc', { firewallRuleGroupId: rules.attrId, vpcId, priority: 101, mutationProtection: 'DISABLED' });
  }
}
