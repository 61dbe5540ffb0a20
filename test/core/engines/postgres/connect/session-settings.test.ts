import { expect, it } from 'vitest';
import { firstStatements, fullOffer, reducedOffer, withOffer } from '../../../../../core/engines/postgres/connect/session-settings.ts';

const all = Object.keys(fullOffer);
const superusers = ['lc_messages', 'session_preload_libraries', 'event_triggers', 'zero_damaged_pages', 'ignore_checksum_failure', 'temp_file_limit'];
const but = (...names: string[]) => all.filter((name) => !names.includes(name));

it.each<[string, string[] | undefined]>([
  ['FATAL:  unsupported startup parameter: options', []],
  ['FATAL:  unsupported startup parameter in options: search_path', []],
  ['FATAL:  Feature not supported: RDS Proxy currently doesn’t support command-line options.', []],
  ['FATAL:  unrecognized configuration parameter "event_triggers"', but('event_triggers')],
  ['FATAL:  permission denied to set parameter "session_preload_libraries"', but(...superusers)],
  ['FATAL:  permission denied to set parameter "event_triggers"', but(...superusers)],
  // a server whose machine speaks French; so does one that speaks anything else
  ['FATAL:  droit refus? pour initialiser le param?tre ? lc_messages ?', but(...superusers)],
  ['FATAL:  unrecognized configuration parameter "something_else"', undefined],
  ['FATAL:  password authentication failed for user "x"', undefined],
  ['', undefined],
])('after %j the server is offered less, or the refusal has another reason', (complaint, left) => {
  const reduced = reducedOffer(fullOffer, complaint);
  expect(reduced && Object.keys(reduced)).toEqual(left);
});

it('an offer that was reduced to nothing is not made at all, and is not reduced again', () => {
  expect(withOffer({ PGHOST: 'h' }, {})).toEqual({ PGHOST: 'h', PGTZ: 'UTC' });
  expect(reducedOffer({}, 'FATAL:  unsupported startup parameter: options')).toBeUndefined();
});

it('the first statement of a session empties the search path, and none calls a function', () => {
  expect(firstStatements).toMatch(/^SET search_path TO '';/);
  expect(firstStatements).not.toMatch(/\(|SELECT/);
});
