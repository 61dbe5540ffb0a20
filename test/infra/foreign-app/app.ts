import { type App, CfnParameter, Stack } from 'aws-cdk-lib';
import { InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  AuroraMysqlEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInstance,
  DatabaseInstanceEngine,
  PostgresEngineVersion,
} from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Assets, Sauvegarde } from 'sauvegarde';

/**
 * Somebody's own CDK app: their databases in two VPCs, and two Sauvegardes beside them in one stack. `assets` stand for
 * the folders to deploy.
 */
export function shop(app: App, assets: Assets): Stack {
  const stack = new Stack(app, 'shop');
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
  const other = new Vpc(stack, 'Other', { maxAzs: 2, natGateways: 1 });
  const instance = new DatabaseInstance(stack, 'Main', {
    engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 }),
    vpc,
    storageEncrypted: true,
  });
  const cluster = new DatabaseCluster(stack, 'Orders', {
    engine: DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_08_0 }),
    writer: ClusterInstance.provisioned('Writer', { instanceType: new InstanceType('t4g.medium') }),
    vpc: other,
    storageEncrypted: true,
  });
  const notes = new FileSystem(stack, 'Notes', { vpc }).addAccessPoint('Reading', { posixUser: { uid: '1001', gid: '1001' } });
  const reporting = new Secret(stack, 'Reporting');
  const host = new CfnParameter(stack, 'Host').valueAsString;

  new Sauvegarde(stack, 'Backups', {
    administrators: ['admin@example.org'],
    sender: 'backups@example.org',
    encryptionKey: new Key(stack, 'Key'),
    heartbeat: new Secret(stack, 'Heartbeat'),
    databases: {
      main: { instance, ...(instance.secret && { secret: instance.secret }), vpc, keep: 14 },
      again: { engine: 'postgres', iamUser: 'backup', instance, database: 'again', vpc },
      orders: { instance: cluster, ...(cluster.secret && { secret: cluster.secret }), vpc: other, schedule: '0 3 * * *' },
      reporting: { engine: 'postgres', secret: reporting, host },
      notes: { engine: 'sqlite', file: 'notes.sqlite3', accessPoint: notes, vpc, proof: 'daily' },
    },
    assets,
  });
  new Sauvegarde(stack, 'Second', {
    administrators: ['admin@example.org'],
    sender: 'backups@example.org',
    databases: { plain: { engine: 'postgres', secret: Secret.fromSecretNameV2(stack, 'Named', 'prod/plain'), vpc, connections: instance.connections } },
    aws: { console: false, senderVerified: true, architecture: 'x64', tags: { team: 'data' } },
    assets,
  });
  return stack;
}
