import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { databaseGauges, openMetrics } from '../../../../core/operations/orders/open-metrics.ts';
import { status } from '../../../../core/operations/orders/status.ts';
import { serveMetrics } from '../../../../local/metrics-server.ts';
import { testPlatform } from '../../../support/platform.ts';
import { backupOf, incidentOf } from '../../../support/records.ts';

async function platformWithBackup() {
  const platform = await testPlatform({ rows: 1 });
  await platform.catalogue.backups.add(backupOf('2026-11-22T02:00:00Z'));
  await platform.catalogue.incidents.change('main', 'rotation-failed', () => incidentOf('2026-11-22T05:00:00Z', { kind: 'rotation-failed' }));
  await platform.catalogue.incidents.change(undefined, 'sweep-failed', () => incidentOf('2026-11-20T05:00:00Z', { kind: 'sweep-failed' }));
  await noteStanding(platform, 'main');
  return platform;
}

describe('OpenMetrics text', () => {
  it('has the figures of a database, its incidents and those of the vault, and an end', async () => {
    const lines = openMetrics(await status(await platformWithBackup(), {})).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'sauvegarde_well 0',
        `sauvegarde_last_good_timestamp_seconds{database="main"} ${Date.parse('2026-11-22T02:00:00Z') / 1000}`,
        'sauvegarde_last_good_stored_bytes{database="main"} 12345678',
        'sauvegarde_last_good_rows{database="main"} 2000',
        'sauvegarde_last_good_proven{database="main"} 1',
        'sauvegarde_overdue{database="main"} 0',
        'sauvegarde_runs{database="main"} 0',
        `sauvegarde_incident_since_timestamp_seconds{database="main",kind="rotation-failed"} ${Date.parse('2026-11-22T05:00:00Z') / 1000}`,
        `sauvegarde_incident_since_timestamp_seconds{database="",kind="sweep-failed"} ${Date.parse('2026-11-20T05:00:00Z') / 1000}`,
      ]),
    );
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
    expect(lines.join('\n')).not.toMatch(/success_ratio|restore_seconds/); // they are not known
  });

  it('is well formed: each family is described before its samples, once, and no line is odd', async () => {
    const lines = openMetrics(await status(await platformWithBackup(), {}))
      .split('\n')
      .slice(0, -2);
    const families = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2] ?? '');
    expect(new Set(families).size).toBe(families.length);
    let family = '';
    for (const line of lines) {
      family = /^# TYPE (\w+) /.exec(line)?.[1] ?? family; // its samples follow it, with no other between them
      expect(/^(?:# \w+ )?(\w+)/.exec(line)?.[1]).toBe(family);
      expect(line).toMatch(/^(# (TYPE \w+ gauge|UNIT \w+ (seconds|bytes)|HELP \w+ .+)|\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?\d+(\.\d+)?(e[+-]\d+)?)$/);
      const [, unitOf, unit] = /^# UNIT (\w+) (\w+)$/.exec(line) ?? [];
      if (unitOf !== undefined) expect(unitOf.endsWith(`_${unit}`)).toBe(true);
    }
  });

  it('says of a database that nothing serves that it is overdue', async () => {
    const platform = await testPlatform({ rows: 1 });
    expect(openMetrics(await status(platform, {}))).toContain('sauvegarde_overdue{database="main"} 1');
    // the slot of today has not had its hour, and that of yesterday was served
    platform.clock.set('2026-11-22T02:30:00Z');
    await platform.catalogue.backups.add(backupOf('2026-11-21T02:00:00Z'));
    await noteStanding(platform, 'main');
    expect(openMetrics(await status(platform, {}))).toContain('sauvegarde_overdue{database="main"} 0');
  });

  it('is documented, name by name', () => {
    const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
    for (const { help, name } of databaseGauges) expect(page).toContain(`| \`${name}\` | \`database\` | ${help} |`);
  });
});

describe('/metrics', () => {
  it('is served on loopback, to this machine’s names, and nothing else is', async () => {
    const platform = await platformWithBackup();
    await using server = await serveMetrics(platform, 0);
    const base = `http://127.0.0.1:${server.port}`;
    const answer = await fetch(`${base}/metrics`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/openmetrics-text; version=1.0.0; charset=utf-8']);
    expect(await answer.text()).toMatch(/# EOF\n$/);
    expect((await fetch(`${base}/metrics`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${base}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    for (const path of ['/', '/metrics/..', '/metrics?x=1', '//metrics']) expect((await fetch(base + path)).status).toBe(404);
  });

  it('whose port is taken is a mistake that names it', async () => {
    const platform = await testPlatform({ rows: 1 });
    await using server = await serveMetrics(platform, 0);
    await expect(serveMetrics(platform, server.port)).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining(`port ${server.port}`),
    });
  });

  it('that cannot be collected is an error of the server, and is logged', async () => {
    const platform = await testPlatform({ rows: 1 });
    await using server = await serveMetrics({ ...platform, catalogue: undefined as never }, 0);
    expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(500);
    expect(platform.log.lines.join()).toContain('the metrics could not be collected');
  });
});
