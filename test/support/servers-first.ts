import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { parts } from '../with-processes.ts';

const order = [...Object.keys(parts), 'quick'];

/**
 * In a new checkout nobody knows yet how long a test file takes. A slow one that comes last keeps one core waiting, so
 * those that start servers and processes come first, part by part: each part has workers of its own, and whatever a
 * worker starts copies its page tables. Files that load the CDK come last: it leaves a heap of 200 MB.
 */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification) => moduleId.includes('/test/infra/');
    const rank = (file: TestSpecification) => 2 * order.indexOf(file.project.name) + (isLast(file) ? 1 : 0);
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}
