import { expect, it } from 'vitest';
import { certificateEnd } from '../../../../core/engines/server/certificate-end.ts';

it.each([
  ['of a year', 'Nov 29 15:00:00 2026 GMT', 'Nov 29 15:00:00 2027 GMT', '2027-11-29T15:00:00.000Z'],
  ['of four weeks', 'Nov  1 00:00:00 2026 GMT', 'Nov 29 00:00:00 2026 GMT', '2026-11-29T00:00:00.000Z'],
  ['of a week, which a program renews', 'Nov  1 00:00:00 2026 GMT', 'Nov  8 00:00:00 2026 GMT', undefined],
  ['that no server tells', undefined, undefined, undefined],
  ['of an empty variable', '', '', undefined],
  ['whose instants are something else', 'yesterday', 'tomorrow', undefined],
])('the end of a certificate %s', (_, from, to, expected) => expect(certificateEnd(from, to)).toBe(expected));
