import * as z from 'zod';
import { configSchema } from '../core/config/config.ts';

/** The part of JSON Schema that our configuration needs. */
interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  additionalProperties?: Node;
  required?: string[];
  items?: Node;
  oneOf?: Node[];
  anyOf?: Node[];
}

/** Makes `docs/configuration.md` from the schema that checks the configuration. */
export function configurationReference(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  const { databases, targets, local, places, aws, ...top } = schema.properties ?? {};
  const engines = databases?.additionalProperties?.oneOf ?? [];
  return [
    '# Configuration',
    '',
    'This page is made from the schema by `npm run docs`; a test fails when it is stale.',
    '',
    '`sauvegarde.config.ts` exports one object. Everything but `databases` is optional. It is checked as a whole when it is loaded: all mistakes are listed together, and unknown options are mistakes.',
    '',
    '```ts',
    "import { defineConfig, env } from './core/config/config.ts';",
    '',
    'export default defineConfig({',
    "  timeZone: 'Europe/Paris',",
    "  administrators: ['admin@example.org'],",
    '  databases: {',
    "    app: { engine: 'sqlite', file: '/srv/app/app.sqlite3', keep: { last: 30, monthly: 12 } },",
    '  },',
    "  local: { vault: '/mnt/backups', mail: { smtp: env('SMTP_URL') } },",
    '});',
    '```',
    '',
    '## Top level',
    '',
    ...rows('', { type: 'object', properties: top, required: [] }),
    '',
    `## \`databases\``,
    '',
    databases?.description ?? '',
    ...engines.flatMap((engine) => ['', `### \`engine: '${engine.properties?.engine?.const}'\``, '', ...rows('databases.*.', engine)]),
    '',
    '## `targets`',
    '',
    targets?.description ?? '',
    '',
    '## `local`',
    '',
    local?.description ?? '',
    '',
    ...rows('local.', local ?? {}),
    '',
    '## `places`',
    '',
    places?.description ?? '',
    '',
    ...rows('places.*.', places?.additionalProperties ?? {}),
    '',
    '## `aws`',
    '',
    aws?.description ?? '',
    '',
    ...rows('aws.', aws ?? {}),
    '',
    '## Schedules',
    '',
    'Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday). Numbers, names (`mon`, `jan`), `*`, lists, ranges and steps; no `@daily`, `L`, `W`, `#` or `?`.',
    'A local time that the change to summer time skips is served when the clock has jumped; one that the change back repeats is served once.',
    '',
    '## Secrets',
    '',
    "`env('NAME')` names an environment variable that is read when the secret is used. It appears in no log, record or mail.",
    "`connection: { secret: 'prod/main' }` is read from AWS Secrets Manager when the database is dumped. The secret that RDS manages for a master user holds no host: write `connection: { secret: 'rds!cluster-…', host: 'main.cluster-….rds.amazonaws.com', database: 'app' }`. Values in the configuration replace those in the secret.",
    "`connection: { iam: { host: '….rds.amazonaws.com', user: 'sauvegarde', database: 'app' } }` makes a token that is valid for 15 minutes instead of a password, and always checks the server's certificate.",
    '',
  ].join('\n');
}

function rows(prefix: string, node: Node): string[] {
  return ['| option | what to write | default | meaning |', '| --- | --- | --- | --- |', ...lines(prefix, node)];
}

function lines(prefix: string, { properties = {}, required = [] }: Node): string[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const inner = node.anyOf?.filter((each) => each.properties && !each.properties.env) ?? [];
    if (node.properties) return lines(`${prefix}${name}.`, node);
    const fallback = node.default === undefined ? (required.includes(name) ? 'required' : '') : `\`${JSON.stringify(node.default)}\``;
    const line = `| \`${prefix}${name}\` | ${kind(node)} | ${name === 'keep' ? '`30`' : fallback} | ${node.description ?? ''} |`;
    return [line, ...inner.flatMap((each) => lines(`${prefix}${name}.`, each))];
  });
}

function kind(node: Node): string {
  if (node.const !== undefined) return typeof node.const === 'string' ? `\`'${node.const}'\`` : `\`${node.const}\``;
  if (node.enum) return node.enum.map((value) => `\`'${value}'\``).join(', ');
  if (node.anyOf) return [...new Set(node.anyOf.map(kind))].join(' or ');
  if (node.type === 'array') return `a list: ${kind(node.items ?? {})}`;
  if (node.type === 'object') return node.properties?.env ? "`env('NAME')`" : 'an object';
  if (node.type === 'integer') return `a whole number, ${node.minimum} to ${node.maximum}`;
  return node.format === 'email' ? 'an address' : 'text';
}
