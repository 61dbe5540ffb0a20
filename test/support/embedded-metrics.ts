import { expect } from 'vitest';
import { metricNamespace } from '../../core/metrics.ts';

/** The database of each measure in CloudWatch's embedded metric format (Amazon CloudWatch User Guide, "Embedded metric format specification"). */
export function measuresIn(said: string[]): Record<string, string> {
  const lines = said.flatMap((each) => each.split('\n')).filter((line) => line.includes('"_aws"'));
  const measured = lines.flatMap((line) => {
    const { _aws, database } = JSON.parse(line) as {
      _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
      database: string;
    };
    return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
      if (database === undefined) {
        expect({ Namespace, Dimensions, names: Metrics.map(({ Name }) => Name) }).toEqual({
          Namespace: metricNamespace,
          Dimensions: [['service']],
          names: ['Watched', 'OverdueDatabases'],
        });
        return [];
      }
      expect({ Namespace, Dimensions: Dimensions.map((set) => set.toSorted()) }).toEqual({ Namespace: metricNamespace, Dimensions: [['database', 'service']] });
      return Metrics.map(({ Name }) => [Name, database]);
    });
  });
  return Object.fromEntries(measured);
}
