/** Exports of the package, for CDK apps. */
export { ConfigurationError } from '../core/errors.ts';
export { CopyStack, type CopyStackProps } from './copy-stack.ts';
export type { DatabaseObjects, FileObjects, ServerObjects } from './database-objects.ts';
export { Sauvegarde } from './sauvegarde.ts';
export type { Assets, SauvegardeDatabase, SauvegardeProps } from './sauvegarde-props.ts';
export { SauvegardeStack, type SauvegardeStackProps } from './stack.ts';
