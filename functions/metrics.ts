import { Metrics } from '@aws-lambda-powertools/metrics';
import { type Measured, type MetricName, metricNamespace, metricService, metricUnits, type StackMetricName, stackMetricUnits } from '../core/metrics.ts';

/** Writes measures of a database as a line of CloudWatch's embedded metric format: no call, no right, no waiting. */
export function emit(database: string, measured: Measured): void {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });
  metrics.addDimension('database', database);
  for (const [name, value] of Object.entries(measured)) metrics.addMetric(name, metricUnits[name as MetricName], value);
  if (Object.keys(measured).length > 0) metrics.publishStoredMetrics();
}

/** Writes measures of the whole stack. */
export function emitOfStack(measured: Record<StackMetricName, number>): void {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: metricService });
  for (const [name, value] of Object.entries(measured)) metrics.addMetric(name, stackMetricUnits[name as StackMetricName], value);
  metrics.publishStoredMetrics();
}
