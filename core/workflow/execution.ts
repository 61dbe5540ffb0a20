/** Errors that the States Language itself raises. */
export const stateErrors = {
  all: 'States.ALL',
  taskFailed: 'States.TaskFailed',
  timeout: 'States.Timeout',
  query: 'States.QueryEvaluationError',
  noChoice: 'States.NoChoiceMatched',
  runtime: 'States.Runtime',
  dataLimit: 'States.DataLimitExceeded',
} as const;

/**
 * Errors of Lambda itself, which a repeat may mend (Step Functions developer guide, "Handle Lambda service
 * exceptions"). The first means that too many functions run at once.
 */
export const lambdaErrors = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
] as const;

/**
 * Names under which Step Functions tells that a function was cut off, by its time or for lack of memory (Step Functions
 * developer guide, "Handling errors in Step Functions workflows").
 */
export const cutOffErrors = ['Sandbox.Timedout', 'Lambda.Unknown', 'Runtime.ExitError'] as const;

/**
 * Errors of CodeBuild itself: too many builds at once, or too many requests. Step Functions has named the general one
 * in both ways.
 */
export const buildErrors = [
  'CodeBuild.AccountLimitExceededException',
  'CodeBuild.CodeBuildException',
  'CodeBuild.AWSCodeBuildException',
  'CodeBuild.SdkClientException',
] as const;

/** Raised by the interpreter, not by a task. */
export class WorkflowError extends Error {
  readonly error: string;

  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

/** An error as Retry, Catch and the failure branch see it. */
export interface Failure {
  Error: string;
  Cause: string;
}

/** End of an execution. */
export interface ExecutionEnd {
  id: string;
  name: string;
  input: unknown;
  startedAt: Date;
  endedAt: Date;
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  output?: unknown;
  /** For an execution that was stopped or timed out: the failure of its last attempt. */
  error?: string;
  cause?: string;
}

/**
 * Event that Step Functions sends to EventBridge when an execution ends
 * (https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html), with the fields that we read.
 */
export interface StatusEvent {
  'detail-type': 'Step Functions Execution Status Change';
  source: 'aws.states';
  detail: {
    executionArn: string;
    name: string;
    status: ExecutionEnd['status'];
    startDate: number;
    stopDate: number;
    input: string;
    output: string | null;
    error?: string;
    cause?: string;
  };
}

export function statusEvent(end: ExecutionEnd): StatusEvent {
  return {
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    detail: {
      executionArn: end.id,
      name: end.name,
      status: end.status,
      startDate: end.startedAt.getTime(),
      stopDate: end.endedAt.getTime(),
      input: JSON.stringify(end.input),
      output: end.status === 'SUCCEEDED' ? JSON.stringify(end.output ?? null) : null,
      ...(end.error !== undefined && { error: end.error }),
      ...(end.cause !== undefined && { cause: end.cause }),
    },
  };
}

/**
 * Explains a failure in our own words. An execution that was stopped or timed out has no error of its own; an error in
 * it is that of its last attempt.
 */
export function reasonOfFailure(failure: Partial<Failure>, status: ExecutionEnd['status'] = 'FAILED'): { name: string; message: string } {
  if (status === 'ABORTED') return interrupted('the run was stopped before it had ended', failure);
  if (status === 'TIMED_OUT') return interrupted('the run was stopped because it took longer than the workflow allows', failure);
  return reasonOfError(failure);
}

function interrupted(why: string, before: Partial<Failure>): { name: string; message: string } {
  const { name, message } = reasonOfError(before);
  return { name: 'InterruptedError', message: before.Error ? `${why}; its last try had failed: ${message} (${name})` : why };
}

function reasonOfError(failure: Partial<Failure>): { name: string; message: string } {
  const { Error: name = 'UnexpectedError', Cause: cause = '' } = failure;
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return { name, message: typeof errorMessage === 'string' ? errorMessage : cause };
  } catch {
    return { name, message: cause }; // Step Functions' own errors have a cause in plain words
  }
}
