import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import type { Config } from '../../core/config/config.ts';
import { StorageRefusedError } from '../../core/errors.ts';
import { type BuildOutcomeInput, buildOutcome } from '../../core/operations/backup/build-outcome.ts';
import { type DumpInput, dump } from '../../core/operations/backup/dump.ts';
import { open } from '../../core/operations/backup/open.ts';
import { prove } from '../../core/operations/backup/prove.ts';
import { publish } from '../../core/operations/backup/publish.ts';
import { settle } from '../../core/operations/backup/settle.ts';
import { clearRetired, retireByOrder, rotate } from '../../core/operations/keeping/rotate.ts';
import type { Platform } from '../../core/platform.ts';
import type { Task } from '../../core/workflow/interpreter.ts';
import { MemoryVault, VaultMemory } from '../support/memory-vault.ts';
import { type Fate, SimulatedClock, SimulatedExecutions, SimulatedMailer, simulatedEngine } from './simulated.ts';

/** Vault in memory that refuses everything while it is broken. */
class SimulatedVault extends MemoryVault {
  broken = false;

  override create(...given: Parameters<MemoryVault['create']>): ReturnType<MemoryVault['create']> {
    return this.#unlessBroken(() => super.create(...given));
  }

  override read(key: string): ReturnType<MemoryVault['read']> {
    return this.#unlessBroken(() => super.read(key));
  }

  override list(prefix: string): ReturnType<MemoryVault['list']> {
    return this.#unlessBroken(() => super.list(prefix));
  }

  override retire(key: string): Promise<void> {
    return this.#unlessBroken(() => super.retire(key));
  }

  #unlessBroken<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.broken ? Promise.reject(new StorageRefusedError('simulated: the vault cannot be reached')) : work();
  }
}

export interface SimulatedHome extends Omit<Platform, 'links' | 'tools'> {
  clock: SimulatedClock;
  mailer: SimulatedMailer;
  executions: SimulatedExecutions;
  vault: SimulatedVault;
}

/** Makes a home whose operations, workflow and catalogue are real, and whose vault, sources and mail are in memory. */
export function simulatedHome(config: Config, catalogue: Catalogue, start: string, fate: (database: string) => Fate): SimulatedHome {
  const clock = new SimulatedClock(start);
  const step =
    <Input>(operation: (platform: Platform, input: Input, signal: AbortSignal) => Promise<unknown>): Task =>
    (input, signal) =>
      operation(home as unknown as Platform, input as Input, signal);
  const home: SimulatedHome = {
    config,
    catalogue,
    clock,
    vault: new SimulatedVault(new VaultMemory(), () => clock.now()),
    mailer: new SimulatedMailer(clock),
    notifier: { ways: [], send: async () => undefined, beat: async () => undefined },
    executions: new SimulatedExecutions(clock, () => ({
      open: step(open),
      dump: step((platform, input: DumpInput | BuildOutcomeInput, signal) =>
        'failure' in input ? buildOutcome(platform, input) : dump(platform, input, signal),
      ),
      prove: step(prove),
      publish: step(publish),
      rotate: step(rotate),
      settle: step(settle),
    })),
    rotation: {
      rotate: (input) => rotate(home, input),
      retire: (input) => retireByOrder(home, input),
      clear: (input) => clearRetired(home, input),
    },
    engines: { sqlite: simulatedEngine(fate) },
    reveal: async () => '',
    scratch: '/nowhere',
    log: { info: () => undefined, warn: () => undefined, error: () => undefined, progress: () => undefined },
  };
  return home;
}
