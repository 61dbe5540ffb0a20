import { sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests of these start servers and processes: they take longest. */
const slow = ['core/engines/mysql', 'core/engines/postgres', 'functions', 'local', 'layers', 'cli'].map(
  (folder) => `${sep}test${sep}${folder.replaceAll('/', sep)}${sep}`,
);

/** In a new checkout nobody knows yet how long a test file takes. A slow one that comes last keeps one core waiting, so what may be slow comes first. */
export default class ServersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => slow.some((folder) => moduleId.includes(folder));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
