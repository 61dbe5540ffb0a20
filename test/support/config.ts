import { type Config, type ConfigInput, parseConfig } from '../../core/config/config.ts';

/** Makes the configuration of a test: `main` is `app.sqlite3`; vault and state lie beside it. */
export function testConfig(changes: Partial<ConfigInput> = {}): Config {
  const defaults: ConfigInput = {
    administrators: ['admin@example.org'],
    databases: { main: { engine: 'sqlite', file: 'app.sqlite3' } },
    local: { vault: 'vault', state: 'state' },
  };
  return parseConfig({ ...defaults, ...changes }, 'the test');
}
