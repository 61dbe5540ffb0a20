import { ToolFailedError } from '../../errors.ts';

/** The bytes are not a whole dump as the engine's own tool writes it. While dumping, the tool has failed; a stored dump that is like this is refuted. */
export class MalformedDump extends ToolFailedError {}
