import { onTestFinished } from 'vitest';
import { LocalExecutions } from '../../local/executions.ts';
import { executionOf, Presence } from '../../local/presence.ts';
import { temporaryFolder } from '../support/folder.ts';
import { testPlatform } from '../support/platform.ts';
import { executionsContract } from './executions.ts';

// the one who works is another process of this machine, which its presence stands for
executionsContract(async () => {
  const folder = temporaryFolder();
  const [worker, asker] = [new Presence(folder), new Presence(folder)];
  onTestFinished(() => asker[Symbol.dispose]());
  const { catalogue, clock } = await testPlatform({ rows: 1 });
  return {
    executions: new LocalExecutions({ catalogue, clock, presence: asker }, () => new Promise(() => undefined), 2),
    idOf: (name) => executionOf(worker.id, name),
    lose: async () => worker[Symbol.dispose](),
  };
});
