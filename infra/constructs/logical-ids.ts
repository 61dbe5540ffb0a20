import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const label = 'sauvegarde:label';

/**
 * Names a `Sauvegarde` among those of its stack: by the letters and digits of its path, without "Default", which the
 * CDK leaves out of logical ids too. Before it has children.
 */
export function nameAmongOthers(whole: Construct): void {
  const ids = whole.node.scopes.slice(Stack.of(whole).node.scopes.length).map(({ node }) => node.id);
  const name = ids.filter((id) => id !== 'Default').join('');
  whole.node.setContext(label, name.replace(/[^A-Za-z0-9]/g, ''));
}

/** Returns the name of the `Sauvegarde` that a construct belongs to. Empty if the stack is that one's alone. */
export function labelOf(part: Construct): string {
  return part.node.tryGetContext(label) as string;
}

/** Returns the name of a `Sauvegarde` with that of its stack, as the command line takes it: `shop`, `shop/Backups`. */
export function stackAndLabel(part: Construct): string {
  const { stackName } = Stack.of(part);
  return labelOf(part) === '' ? stackName : `${stackName}/${labelOf(part)}`;
}

/**
 * Gives a resource that holds state a logical id that never changes, where there can be one such resource only.
 * Elsewhere it has one by its path, as the CDK makes them. Returns the id.
 */
export function keepId(resource: CfnElement, id: string): string {
  if (labelOf(resource) === '') resource.overrideLogicalId(id);
  return Stack.of(resource).resolve(resource.logicalId) as string;
}
