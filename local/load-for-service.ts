import { loadEngines } from '../core/engines/engines-when-used.ts';
import { loadHome } from './home.ts';
import type { LocalPlatform } from './local-platform.ts';

/**
 * Loads the code that a command loads when it needs it. A process that stays does so at its start, because an update
 * may replace the files while it runs.
 */
export async function loadForService({ config }: Pick<LocalPlatform, 'config'>): Promise<void> {
  await Promise.all([
    loadEngines(Object.values(config.databases).map(({ engine }) => engine)),
    import('../layers/layers.ts'),
    import('./workflow.ts'),
    ...(config.administrators.length === 0 ? [] : [import('../core/mail/mime.ts'), import('nodemailer')]),
    ...(config.local.console === false ? [] : [loadHome()]),
  ]);
}
