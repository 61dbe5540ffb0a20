import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In a new checkout nobody knows yet how long a test file takes. A slow one that comes last keeps one core waiting, so those that start servers and processes come first. */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ project }: TestSpecification) => project.name !== 'quick';
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
