import { type BackupClient, DescribeRestoreJobCommand, PutRestoreValidationResultCommand } from '@aws-sdk/client-backup';
import { DescribeDBInstancesCommand, type RDSClient } from '@aws-sdk/client-rds';
import { errorFrom, SourceMissingError, UnknownNameError } from '../errors.ts';
import type { RestoreTest, RestoreTests, ServerAddress, ValidationStatus } from '../operations/keeping/restore-tests.ts';

/** States of a validation that are no result yet. */
const notYet = [undefined, 'VALIDATING'];
/** Longest message, in characters: AWS documents no limit. */
const mostCharacters = 1000;

/**
 * Restore tests of AWS Backup, of instances of RDS. Rights: backup:DescribeRestoreJob and
 * backup:PutRestoreValidationResult, which know no resources, and rds:DescribeDBInstances. Throws UnexpectedError if
 * AWS refuses or does not answer.
 */
export class AwsRestoreTests implements RestoreTests {
  readonly #backup: BackupClient;
  readonly #rds: RDSClient;

  constructor(backup: BackupClient, rds: RDSClient) {
    this.#backup = backup;
    this.#rds = rds;
  }

  async find(job: string): Promise<RestoreTest> {
    const found = await this.#backup.send(new DescribeRestoreJobCommand({ RestoreJobId: job })).catch((error: Error) => {
      if (error.name === 'ResourceNotFoundException') throw new UnknownNameError(`AWS Backup knows no restore job ${job}`, { cause: error });
      throw explained('describe the restore job', error);
    });
    const { CreatedBy, CreatedResourceArn = '', RecoveryPointCreationDate: madeAt, SourceResourceArn = '', ValidationStatus: result } = found;
    return {
      job,
      source: SourceResourceArn,
      created: CreatedResourceArn,
      isTest: CreatedBy?.RestoreTestingPlanArn !== undefined,
      ...(!notYet.includes(result) && { result: String(result) }),
      ...(madeAt && { madeAt }),
    };
  }

  async addressOf(created: string): Promise<ServerAddress> {
    const name = created.split(':').at(-1) ?? '';
    const { DBInstances = [] } = await this.#rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name })).catch((error: Error) => {
      if (error.name === 'DBInstanceNotFoundFault' || error.name === 'DBInstanceNotFound')
        throw new SourceMissingError(`the restored instance ${name} is not there any more`, { cause: error });
      throw explained(`describe the restored instance ${name}`, error);
    });
    const { Address, Port } = DBInstances[0]?.Endpoint ?? {};
    if (Address === undefined || Port === undefined) throw new SourceMissingError(`the restored instance ${name} has no address yet`);
    return { host: Address, port: Port };
  }

  async report(job: string, status: ValidationStatus, message: string): Promise<void> {
    const said = message.length > mostCharacters ? `${message.slice(0, mostCharacters - 1)}…` : message;
    const command = new PutRestoreValidationResultCommand({ RestoreJobId: job, ValidationStatus: status, ValidationStatusMessage: said });
    await this.#backup.send(command).catch((error: Error) => {
      throw explained('tell AWS Backup the result', error);
    });
  }
}

function explained(what: string, { name, message }: Error): Error {
  return errorFrom('UnexpectedError', `cannot ${what}: ${name}: ${message}`);
}
