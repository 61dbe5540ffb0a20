import * as z from 'zod';
import { cards, type EngineCard } from '../engines/cards.ts';
import { databaseName } from '../names.ts';
import { placeOfDatabase } from './deployment.ts';

/** Options of a database that say where it is. */
type Whereabouts<Shape> = Pick<Shape, keyof Shape & ('engine' | 'connection' | 'file')>;
type TargetOf<Of extends EngineCard> = Of extends { database: { shape: infer Shape extends z.ZodRawShape } }
  ? z.ZodObject<Whereabouts<Shape> & { place: typeof placeOfDatabase }, z.core.$strict>
  : never;
type Entry = TargetOf<EngineCard>;

/** Schemas of a target, one for each engine. */
const entries = cards.map(({ database: { shape } }) =>
  z.strictObject({
    engine: shape.engine,
    ...('file' in shape ? { file: shape.file } : { connection: shape.connection }),
    place: placeOfDatabase,
  }),
) as unknown as [Entry, ...Entry[]];

export const targets = z
  .record(z.string().regex(databaseName), z.discriminatedUnion('engine', entries, 'write { name: { engine, … } }'), 'write { name: { engine, … } }')
  .default({})
  .describe(
    'Databases to restore into, by a name of your choice (`restore --to NAME`, and the console). Each has the options `engine`, `connection` or `file`, and `place` of a database.',
  );
