import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metricNamespace, metricService, metricUnits, stackMetricUnits } from '../../core/metrics.ts';
import { longestPause } from '../../infra/longest-pause.ts';
import { resolved } from '../support/resolved.ts';
import { configured, type Template, templateOf } from '../support/synthesized.ts';

const config = configured();
const template = templateOf(config);
const alarms = Object.values(template.Resources)
  .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
  .map(({ Properties }) => Properties);

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: { Ref?: string; 'Fn::GetAtt'?: [string, string] } | string }[];
}

/** What AWS itself measures of a kind of resource: the documented metrics that we look at, by the dimension that names the resource. */
const ofResource: Record<string, { type: string; dimension: string; metrics: string[] }> = {
  'AWS/States': {
    type: 'AWS::StepFunctions::StateMachine',
    dimension: 'StateMachineArn',
    metrics: ['ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'],
  },
  'AWS/Lambda': { type: 'AWS::Lambda::Function', dimension: 'FunctionName', metrics: ['Errors'] },
  'AWS/SQS': { type: 'AWS::SQS::Queue', dimension: 'QueueName', metrics: ['ApproximateNumberOfMessagesVisible'] },
};

/** Whether something that is deployed emits it. */
function isEmitted({ Namespace, MetricName, Dimensions }: Metric): boolean {
  if (Namespace === metricNamespace) {
    const given = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    if (MetricName in stackMetricUnits) return Object.keys(given).join() === 'service' && given.service === metricService;
    return (
      MetricName in metricUnits &&
      Object.keys(given).sort().join() === 'database,service' &&
      given.service === metricService &&
      (given.database as string) in config.databases
    );
  }
  const source = ofResource[Namespace];
  const [dimension, ...others] = Dimensions;
  const id = typeof dimension?.Value === 'object' ? (dimension.Value.Ref ?? dimension.Value['Fn::GetAtt']?.[0]) : undefined;
  return (
    source !== undefined &&
    others.length === 0 &&
    source.metrics.includes(MetricName) &&
    dimension?.Name === source.dimension &&
    template.Resources[id ?? '']?.Type === source.type
  );
}

const metricsOf = (alarm: { MetricName?: string; Metrics?: { MetricStat?: { Metric: Metric } }[] }): Metric[] =>
  alarm.Metrics ? alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : [])) : [alarm as Metric];
const titleOf = ({ AlarmDescription }: { AlarmDescription: string }) => AlarmDescription.split('. ')[0];

describe.each(alarms.map((alarm) => ({ title: titleOf(alarm), alarm })))('$title', ({ alarm }) => {
  it('looks at something that is emitted', () => {
    expect(metricsOf(alarm).length).toBeGreaterThan(0);
    expect(metricsOf(alarm).filter((metric) => !isEmitted(metric))).toEqual([]);
  });

  it('tells somebody, and that it has ended', () => {
    expect(alarm.AlarmActions).toEqual([{ Ref: expect.stringContaining('AlarmsTopic') }]);
    expect(alarm.OKActions).toEqual(alarm.AlarmActions);
  });
});

it('knows a metric that nothing emits', () => {
  const [settle] = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === 'AWS/Lambda');
  expect(isEmitted(settle as Metric)).toBe(true);
  expect(isEmitted({ ...(settle as Metric), MetricName: 'Erors' })).toBe(false);
  expect(isEmitted({ ...(settle as Metric), Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Vault' } }] })).toBe(false);
});

it('a title has its article in the runbook, and an article its alarms', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const articles = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(articles.sort()).toEqual([...new Set(alarms.map(titleOf))].sort());
});

it('goes to those whom the configuration names, else to the administrators', () => {
  const told = (changes: Parameters<typeof configured>[0]) =>
    Object.values(templateOf(configured(changes)).Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::SNS::Subscription' ? [Properties.Endpoint] : [],
    );
  expect(told({})).toEqual(['admin@example.org']);
  expect(told({ aws: { alarmsTo: ['night@example.org'] } })).toEqual(['night@example.org']);
});

describe('the last resort', () => {
  const alarmOf = (title: string) => alarms.find((each) => titleOf(each) === title);

  it('calls when watch has not measured anything for three hours', () => {
    expect(alarmOf('Nothing is watched')).toMatchObject({
      EvaluationPeriods: 3,
      Period: 3600,
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  const overdueIn = (of: Template) =>
    Object.values(of.Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::CloudWatch::Alarm' && titleOf(Properties) === 'Backup overdue' ? [Properties] : [],
    );

  it('calls for each database that is overdue for three hours, whatever its schedule: one of them hides no other', () => {
    expect(overdueIn(template)).toMatchObject(
      ['main', 'shop'].map((database) => ({
        AlarmDescription: `Backup overdue. The database: ${database}. What to do: docs/runbook.md, "Backup overdue"`,
        ...{ EvaluationPeriods: 3, Period: 3600, Statistic: 'Maximum', Threshold: 1, MetricName: 'Overdue' },
        Dimensions: expect.arrayContaining([{ Name: 'database', Value: database }]),
      })),
    );
  });

  it('has one alarm for all where they are more than a dashboard shows', () => {
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`db-${index}`, { engine: 'postgres', version: 18, connection: { secret: 's' } }] as const),
      );
    expect(overdueIn(templateOf(configured({ databases: many(50) })))).toHaveLength(50);
    expect(overdueIn(templateOf(configured({ databases: many(51) })))).toMatchObject([{ MetricName: 'OverdueDatabases' }]);
  });
});

describe('that no backup was made', () => {
  const after = (schedules: string[], timeZone = 'UTC') => {
    const databases = Object.fromEntries(
      schedules.map((schedule, index) => [`db-${index}`, { engine: 'postgres', connection: { secret: 's' }, schedule }] as const),
    );
    return longestPause(configured({ databases, timeZone }));
  };

  it.each([
    [['0 2 * * *'], 'UTC', 24],
    [['0 2 * * *'], 'Europe/Paris', 25], // the night of the autumn change
    [['0 2 * * *', '0 2 1 * *'], 'UTC', 24],
    [['0 2 * * mon-fri'], 'UTC', 72],
    [['0 9-17 * * *'], 'UTC', 16],
    [['*/5 * * * *'], 'UTC', 6],
    [['0 2 * * 0'], 'UTC', 168],
    [['0 2 1 * *'], 'UTC', 744],
  ])('is known after the longest pause of %s in %s: %i hours', (schedules, timeZone, hours) => expect(after(schedules, timeZone)).toBe(hours));

  it('is noticed two hours later', () => {
    const alarm = alarms.find((each) => titleOf(each) === 'No backup made');
    expect(alarm).toMatchObject({ EvaluationPeriods: 27, Period: 3600, TreatMissingData: 'breaching', Threshold: 1, ComparisonOperator: 'LessThanThreshold' });
  });

  it('has no alarm where a pause is longer than CloudWatch looks back', () => {
    const weekly = { main: { engine: 'postgres', connection: { secret: 's' }, schedule: '0 2 * * 0' } } as const;
    const titles = Object.values(templateOf(configured({ databases: weekly })).Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::CloudWatch::Alarm' ? [titleOf(Properties)] : [],
    );
    expect(titles).not.toContain('No backup made');
    expect(titles).toEqual(expect.arrayContaining(['Nothing is watched', 'Backup overdue']));
    expect(titles).toHaveLength(6);
  });
});

it('the dashboard shows what is emitted, of every database', () => {
  const dashboard = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  const { widgets } = JSON.parse(resolved(template, dashboard?.Properties.DashboardBody) as string) as {
    widgets: { properties: { metrics?: unknown[][]; alarms?: string[] } }[];
  };
  expect(widgets.flatMap(({ properties }) => properties.alarms ?? [])).toHaveLength(alarms.length);
  const shown = widgets.flatMap(({ properties }) => properties.metrics ?? []);
  const metrics = shown.map((line) => {
    const words = line.filter((word): word is string => typeof word === 'string');
    const Dimensions = Array.from({ length: (words.length - 2) / 2 }, (_, index) => ({ Name: words[2 + index * 2] ?? '', Value: words[3 + index * 2] ?? '' }));
    return { Namespace: words[0] ?? '', MetricName: words[1] ?? '', Dimensions };
  });
  expect(metrics).toHaveLength(10 * 2);
  expect(metrics.filter((metric) => !isEmitted(metric))).toEqual([]);
});
