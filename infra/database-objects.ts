import type { IConnectable, ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IAccessPoint } from 'aws-cdk-lib/aws-efs';
import type { IDatabaseCluster, IDatabaseInstance } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { FileCard, ServerEngineName } from '../core/engines/cards.ts';

/** Objects of a CDK app by which a database is reached. */
export type DatabaseObjects = ServerObjects | FileObjects;

/** A database that is a file on EFS. */
export interface FileObjects {
  /** Engine of the database, as in `sauvegarde.config.ts`. */
  readonly engine: FileCard['name'];
  /** Path of the file below the root of the access point. */
  readonly file: string;
  /** Access point, with its file system, which is opened for dumps. Its user needs to read the file, no more. */
  readonly accessPoint: IAccessPoint;
  /** VPC with the mount targets of the file system. */
  readonly vpc: IVpc;
  /**
   * Subnets of dumps, in zones with mount targets. They need a way to S3, DynamoDB and CloudWatch Logs.
   *
   * @default the private subnets of `vpc`
   */
  readonly subnets?: SubnetSelection;
  /**
   * Security groups of dumps, instead of a group of their own.
   *
   * @default a group that the file system admits
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * Secret with the address of a service that alarms when it hears nothing of this database.
   *
   * @default none
   */
  readonly heartbeat?: ISecret;
}

/** A database on a server: where it is, and who may read it. */
export interface ServerObjects {
  /**
   * Engine of the database, as in `sauvegarde.config.ts`.
   *
   * @default the engine of `instance`, which must be given then
   */
  readonly engine?: ServerEngineName;
  /**
   * Secret with user and password: the JSON that RDS writes, or a URL as text.
   *
   * @default none: `iamUser` connects by a token of RDS
   */
  readonly secret?: ISecret;
  /**
   * User whom RDS admits by a token, without a password. Needs the address: `instance`, or `host`.
   *
   * @default none: `secret` names the user
   */
  readonly iamUser?: string;
  /**
   * Instance or cluster of RDS: gives address, port, engine, and the security group that must admit dumps.
   *
   * @default the secret holds the address, or `host` is it
   */
  readonly instance?: IDatabaseInstance | IDatabaseCluster;
  /**
   * Name of the server. May be a token.
   *
   * @default that of `instance`; otherwise the one in the secret
   */
  readonly host?: string;
  /**
   * Port of the server. May be a token.
   *
   * @default that of `instance`; otherwise the one in the secret, or the engine's own
   */
  readonly port?: number;
  /**
   * Name of the database on its server.
   *
   * @default the one in the secret
   */
  readonly database?: string;
  /**
   * VPC from which the database is reached. Dumps of all databases with the same VPC and subnets are made by one
   * function, in a security group of its own.
   *
   * @default the database is reached over the internet
   */
  readonly vpc?: IVpc;
  /**
   * Subnets of dumps. They need a way to S3, DynamoDB, CloudWatch Logs and, with a secret, Secrets Manager: a NAT
   * gateway, or endpoints of the VPC.
   *
   * @default the private subnets of `vpc`
   */
  readonly subnets?: SubnetSelection;
  /**
   * The database's connections, which are opened for dumps.
   *
   * @default those of `instance`; without any, open the database's security group yourself
   */
  readonly connections?: IConnectable;
  /**
   * Security groups of dumps, instead of a group of their own.
   *
   * @default a group that `connections` admit
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * Secret with the address of a service that alarms when it hears nothing of this database.
   *
   * @default none
   */
  readonly heartbeat?: ISecret;
}
