import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidArn,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Ended, Executions } from '../workflow/executions.ts';
import type { BackupRequest } from '../workflow/request.ts';

/**
 * A state machine of Step Functions, by its ARN. It remembers names and ends for 90 days. Rights: states:StartExecution
 * on it, and states:DescribeExecution on its executions for `endOf`.
 */
export class StepFunctionsExecutions<Request = BackupRequest> implements Executions<Request> {
  readonly #client: SFNClient;
  readonly #stateMachine: string;

  constructor(client: SFNClient, stateMachine: string) {
    this.#client = client;
    this.#stateMachine = stateMachine;
  }

  async start(name: string, input: Request): Promise<'started' | 'exists'> {
    try {
      await this.#client.send(new StartExecutionCommand({ stateMachineArn: this.#stateMachine, name, input: JSON.stringify(input) }));
      return 'started';
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return 'exists';
      throw error;
    }
  }

  /** Returns the end, as the port says. One that is about to be redriven is not over. */
  async endOf(id: string): Promise<Ended | undefined> {
    try {
      const { cause, error, status } = await this.#client.send(new DescribeExecutionCommand({ executionArn: id }));
      if (status === undefined || status === 'RUNNING' || status === 'PENDING_REDRIVE') return undefined;
      return { status, ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist || error instanceof InvalidArn) return undefined;
      throw error;
    }
  }
}
