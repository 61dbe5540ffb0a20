import type { Beat } from './notifier.ts';

/** Services that take a request at the start of a run for a success. */
const withoutStart = /(^|\.)(betterstack|betteruptime)\.com$/;

/**
 * Returns the address to call for an event; undefined if the service knows no such event. Uptime Kuma's push monitors
 * have a status in the query (`/api/push/KEY?status=up&msg=OK&ping=`). healthchecks.io and its like append `/start` and
 * `/fail` (https://healthchecks.io/docs/http_api/); Better Stack knows `/fail` alone
 * (https://betterstack.com/docs/uptime/cron-and-heartbeat-monitor/).
 */
export function heartbeatUrl(address: URL, beat: Beat): URL | undefined {
  const url = new URL(address);
  if (/\/api\/push\/[^/]+\/?$/.test(url.pathname)) {
    if (beat === 'start') return undefined;
    url.searchParams.set('status', beat === 'success' ? 'up' : 'down');
    url.searchParams.set('msg', beat === 'success' ? 'OK' : 'the backup failed');
    return url;
  }
  if (beat === 'success') return url;
  if (beat === 'start' && withoutStart.test(url.hostname)) return undefined;
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${beat}`;
  return url;
}
