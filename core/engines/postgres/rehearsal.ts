import { ToolFailedError, ToolMissingError } from '../../errors.ts';
import type { Family } from '../../programs/tools.ts';
import type { Work } from '../engine.ts';
import { onServer, piece, rehearse as rehearseOn, type Stage, unscheduled } from '../rehearsal.ts';
import { postgresCard, postgresMajor } from './card.ts';
import { offerTo, withOffer } from './connect/session-settings.ts';
import { dump } from './dump/dump.ts';
import { prove } from './prove/prove.ts';
import { ScratchServer } from './prove/scratch-server.ts';
import { runScript } from './restore/run-script.ts';

/** A sample of values that a dump must carry unchanged. */
const sample = `
  CREATE TABLE public.person (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, born date, photo bytea);
  INSERT INTO public.person (name, born, photo) SELECT 'Zoë ' || n, date '1970-01-01' + n, decode(md5(n::text), 'hex') FROM generate_series(1, 1000) n;
  CREATE TABLE public.visit (person int NOT NULL REFERENCES public.person, at timestamptz NOT NULL, note text);
  INSERT INTO public.visit SELECT n, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', CASE WHEN n % 2 = 0 THEN E'tab\\t and \\\\.' END FROM generate_series(1, 500) n;
`;

export function rehearse(_: Family, work: Omit<Work, 'reveal'>, major = postgresMajor): AsyncGenerator<string, void, void> {
  return rehearseOn({ ...onServer('PostgreSQL'), engine: { dump, prove }, begin: (stage) => begin(stage, major) }, work);
}

async function begin(work: Omit<Work, 'reveal'>, major: number): Promise<Stage> {
  const launch = major === postgresMajor ? await work.tools.server('postgres', work.signal) : await work.tools.older('postgres', major, work.signal);
  if (!launch) throw new ToolMissingError(`there is no server of PostgreSQL ${major}`);
  const server = await ScratchServer.start({
    launch,
    scratch: work.scratch,
    templates: work.tools.templates,
    signal: work.signal,
    ...(major < 17 && { cluster: ['--encoding=UTF8', '--locale=C'] }), // builtin locales are of 17
  });
  const { host, port, user } = server;
  return {
    ended: server.ended,
    source: {
      ...postgresCard.database.parse({
        engine: 'postgres',
        connection: { url: `postgres:///postgres?host=${encodeURIComponent(host)}&port=${port}&user=${user}` },
      }),
      ...unscheduled,
    },
    async make({ tools, signal }) {
      const made = await runScript(await tools.client('psql', signal), withOffer(server.environment, offerTo(major)), piece(Buffer.from(sample)), {
        whole: true,
        signal,
      });
      if (made.status !== 0) throw new ToolFailedError(`the sample database could not be made: ${made.complaint}`);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
