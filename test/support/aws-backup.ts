import type { ServerAddress } from '../../core/operations/keeping/restore-tests.ts';

/** Instance of RDS that AWS Backup backs up, as the configuration names it. */
export const productionInstance = 'arn:aws:rds:eu-west-3:123456789012:db:prod';
const plan = 'arn:aws:backup:eu-west-3:123456789012:restore-testing-plan:monthly-1234';

interface Job {
  source?: string;
  plan?: string | undefined;
  /** Missing: the instance is not there any more. */
  address?: ServerAddress | undefined;
  madeAt?: Date;
}

/** Restore jobs of AWS Backup, with the instances that they made, in the words of its API and RDS's. */
export class AwsBackup {
  /** Results that were put, by job. */
  readonly results: Record<string, { ValidationStatus: string; ValidationStatusMessage: string }> = {};
  readonly #jobs = new Map<string, Job>();

  /** Completes a job of the restore testing plan, unless it says otherwise, and returns its event. */
  complete(id: string, { source = productionInstance, ...job }: Job = {}): object {
    this.#jobs.set(id, { source, plan, ...job });
    return restored(id);
  }

  answer(path: string, body: string): { status: number; body: unknown } | undefined {
    const [, id = '', validations] = /^\/restore-jobs\/([^/]+)(\/validations)?$/.exec(path) ?? [];
    if (validations) {
      this.results[id] = JSON.parse(body);
      return { status: 204, body: {} };
    }
    if (id !== '') return this.#described(id);
    const form = new URLSearchParams(body);
    return form.get('Action') === 'DescribeDBInstances' ? this.#instance(form.get('DBInstanceIdentifier') ?? '') : undefined;
  }

  #described(id: string): { status: number; body: unknown } {
    const job = this.#jobs.get(id);
    if (!job) return { status: 400, body: { __type: 'ResourceNotFoundException', Message: 'Restore job not found' } };
    const { madeAt, plan: asked, source } = job;
    const body = {
      RestoreJobId: id,
      SourceResourceArn: source,
      CreatedResourceArn: `arn:aws:rds:eu-west-3:123456789012:db:${instanceOf(id)}`,
      ResourceType: 'RDS',
      Status: 'COMPLETED',
      ...(madeAt && { RecoveryPointCreationDate: madeAt.getTime() / 1000 }),
      ...(asked !== undefined && { CreatedBy: { RestoreTestingPlanArn: asked } }),
      ...this.results[id],
    };
    return { status: 200, body };
  }

  #instance(name: string): { status: number; body: unknown } {
    const [, job] = [...this.#jobs].find(([id]) => instanceOf(id) === name) ?? [];
    if (!job?.address)
      return {
        status: 404,
        body: `<ErrorResponse xmlns="${rdsNamespace}"><Error><Type>Sender</Type><Code>DBInstanceNotFound</Code><Message>DBInstance ${name} not found.</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
      };
    const { host, port } = job.address;
    return {
      status: 200,
      body: `<DescribeDBInstancesResponse xmlns="${rdsNamespace}"><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>${name}</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus><Endpoint><Address>${host}</Address><Port>${port}</Port></Endpoint></DBInstance></DBInstances></DescribeDBInstancesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeDBInstancesResponse>`,
    };
  }
}

const rdsNamespace = 'http://rds.amazonaws.com/doc/2014-10-31/';

function instanceOf(job: string): string {
  return `awsbackup-restore-test-${job}`;
}

/** Event of a completed restore, as AWS Backup sends it. */
export function restored(restoreJobId: string): object {
  return {
    version: '0',
    id: '45553104-c15f-39e3-a3ed-0b8c2f58de87',
    'detail-type': 'Restore Job State Change',
    source: 'aws.backup',
    account: '123456789012',
    time: '2026-11-22T04:30:58Z',
    region: 'eu-west-3',
    resources: ['arn:aws:rds:eu-west-3:123456789012:snapshot:awsbackup:job-1'],
    detail: {
      restoreJobId,
      backupSizeInBytes: '8589934592',
      creationDate: '2026-11-22T04:10:39.032Z',
      iamRoleArn: 'arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole',
      percentDone: 0.0,
      resourceType: 'RDS',
      status: 'COMPLETED',
      createdResourceArn: `arn:aws:rds:eu-west-3:123456789012:db:${instanceOf(restoreJobId)}`,
      completionDate: '2026-11-22T04:29:55.681Z',
      restoreTestingPlanArn: plan,
    },
  };
}
