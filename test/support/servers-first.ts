import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * In a new checkout nobody knows yet how long a test file takes. A slow one that comes last keeps one core waiting, so
 * those that start servers and processes come first. Of these, those in which a worker grows come behind the others,
 * since whatever it starts later copies its page tables. Those that load the CDK come last: it leaves a heap of 200 MB.
 */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isQuick = ({ project }: TestSpecification) => project.name === 'quick';
    const grows = ({ moduleId }: TestSpecification) => /\/test\/(cli|local)\//.test(moduleId);
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/test/infra/');
    const rank = (file: TestSpecification) => (isQuick(file) ? 4 : 0) + (isLast(file) ? 2 : 0) + (grows(file) ? 1 : 0);
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}
