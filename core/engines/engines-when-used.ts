import type { EngineName } from './cards.ts';
import type { Engine } from './engine.ts';

const loads: Record<EngineName, () => Promise<Required<Engine>>> = {
  sqlite: async () => (await import('./sqlite/engine.ts')).sqliteEngine,
  postgres: async () => (await import('./postgres/engine.ts')).postgresEngine,
  mysql: async () => (await import('./mysql/engine.ts')).mysqlEngine,
};

/** Every engine that a configuration can name; the code of each is loaded when it is first used. */
export const enginesWhenUsed: Record<EngineName, Engine> = {
  sqlite: whenUsed(loads.sqlite),
  postgres: whenUsed(loads.postgres),
  mysql: whenUsed(loads.mysql),
};

/** Loads the code of these engines now. */
export async function loadEngines(names: readonly EngineName[]): Promise<void> {
  await Promise.all(names.map((name) => loads[name]()));
}

function whenUsed(load: () => Promise<Required<Engine>>): Engine {
  return {
    examine: async (...given) => (await load()).examine(...given),
    dump: async (...given) => (await load()).dump(...given),
    prove: async (...given) => (await load()).prove(...given),
    restore: async (...given) => (await load()).restore(...given),
    open: async (...given) => (await load()).open(...given),
    adopt: async (...given) => (await load()).adopt(...given),
    addressOf: async (...given) => (await load()).addressOf(...given),
    async *rehearse(...given) {
      yield* (await load()).rehearse(...given);
    },
  };
}
