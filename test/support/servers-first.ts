import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In a new checkout nobody knows yet how long a test file takes. A slow one that comes last keeps one core waiting, so those that start servers and processes come first. Those that load the CDK come last: it leaves a heap of 200 MB, which later files of the same worker would pay for at each collection. */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ project }: TestSpecification) => project.name !== 'quick';
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/test/infra/');
    const rank = (file: TestSpecification) => (isSlow(file) ? 0 : 2) + (isLast(file) ? 1 : 0);
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}
