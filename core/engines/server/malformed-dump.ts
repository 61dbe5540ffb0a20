import { ToolFailedError } from '../../errors.ts';

/**
 * Thrown if the bytes are not a whole dump as the engine's own tool writes it. While dumping it means that the tool has
 * failed; it refutes a stored dump.
 */
export class MalformedDump extends ToolFailedError {}
