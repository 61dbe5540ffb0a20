import { randomUUID } from 'node:crypto';
import { BatchGetBuildsCommand, type Build, type CodeBuildClient, StartBuildCommand } from '@aws-sdk/client-codebuild';
import { ConfigurationError, errorFrom, InterruptedError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { isDenied, mistakeOfCaller } from './refusal.ts';

/** Pause between two looks at a build, in milliseconds. */
const pause = 5_000;

/**
 * Runs a build, with these variables beside those of its project. It may wait for `minutes` in CodeBuild's queue, and
 * then run for as long. Returns the variables that it exported. Rights: codebuild:StartBuild and
 * codebuild:BatchGetBuilds on the project. Throws ConfigurationError if it cannot be started, InterruptedError if it
 * did not end well.
 */
export async function runBuild(
  { client, clock }: { client: CodeBuildClient; clock: Clock },
  project: string,
  { minutes, variables }: { minutes: number; variables: Readonly<Record<string, string>> },
): Promise<{ Name: string; Value: string }[]> {
  const start = new StartBuildCommand({
    projectName: project,
    environmentVariablesOverride: Object.entries(variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' })),
    timeoutInMinutesOverride: minutes,
    queuedTimeoutInMinutesOverride: minutes,
    idempotencyToken: randomUUID(), // a repeated request starts no second build
  });
  let { build } = await asked(project, client.send(start));
  while (build?.buildStatus === 'IN_PROGRESS') {
    await clock.sleep(pause);
    const { builds } = await asked(project, client.send(new BatchGetBuildsCommand({ ids: [build.id ?? ''] })));
    build = builds?.[0];
  }
  if (build?.buildStatus !== 'SUCCEEDED') throw new InterruptedError(`a build of ${project} ended as ${failureOf(build)}`);
  return (build.exportedEnvironmentVariables ?? []).map(({ name = '', value = '' }) => ({ Name: name, Value: value }));
}

/** Describes the end of a build: its status, then what its phases say. */
function failureOf(build: Build | undefined): string {
  if (!build) return 'nothing: CodeBuild does not know it any more';
  const said = (build.phases ?? []).flatMap(({ contexts = [], phaseType }) =>
    contexts.flatMap(({ message, statusCode }) => (message ? [`${phaseType}: ${statusCode ? `${statusCode}: ` : ''}${message}`] : [])),
  );
  return [build.buildStatus, ...said].join('; ');
}

async function asked<Answer>(project: string, answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: Error) => {
    throw explained(project, error);
  });
}

function explained(project: string, cause: Error): Error {
  const mistake = mistakeOfCaller(cause);
  if (mistake) return new ConfigurationError(`the project ${project} cannot be started: ${mistake} (${cause.name})`, { cause });
  if (isDenied(cause))
    return new ConfigurationError(
      `the project ${project} may not be started; allow codebuild:StartBuild and codebuild:BatchGetBuilds on it (${cause.message})`,
      {
        cause,
      },
    );
  if (cause.name === 'AccountLimitExceededException')
    return new ConfigurationError(
      `CodeBuild starts no build of ${project} (${cause.message}); repeat this when no other runs, or ask for more in Service Quotas, "AWS CodeBuild"`,
      { cause },
    );
  if (cause.name === 'ResourceNotFoundException') return new ConfigurationError(`the project ${project} does not exist; deploy the stack again`, { cause });
  return errorFrom('UnexpectedError', `the project ${project} could not be asked: ${cause.name}: ${cause.message}`);
}
