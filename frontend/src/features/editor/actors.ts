/** Who was the last to change what. A change may be known before the event that tells whose it is: until then it is
 * nobody's, not that of whoever was heard of last. */
import type { WorkflowNode } from "@/api/types";
import { fieldValue, isSamePlace, nodeChanges, same, type Place } from "./fields";

type Actor = string | null;

export class Actors {
  private fields = new Map<number, (Place & { actor: Actor })[]>();
  /** Of notes, and of nodes that are gone. */
  private others = new Map<string, Actor>();

  of(id: string): Actor {
    return this.others.get(id) ?? null;
  }

  ofField(node: WorkflowNode, place: Place): Actor {
    return this.fields.get(node.id)?.find((one) => isSamePlace(one, place))?.actor ?? null;
  }

  /** A node is now another than it was. */
  changed(before: WorkflowNode | undefined, now: WorkflowNode, actor: Actor): void {
    if (!before) return;
    const fresh = nodeChanges(before, now).map(({ place, name }) => ({ place, name, actor }));
    const old = this.fields.get(now.id)?.filter((one) => !fresh.some((field) => isSamePlace(field, one)));
    this.fields.set(now.id, [...(old ?? []), ...fresh]);
    this.explained(now, now, actor);
  }

  /** Somebody made a node as it was `then`: what it has from there is theirs, if nobody else's. */
  explained(now: WorkflowNode, then: WorkflowNode, actor: Actor): void {
    for (const field of this.fields.get(now.id) ?? [])
      if (same(fieldValue(now, field), fieldValue(then, field))) field.actor ??= actor;
  }

  /** Somebody wrote or deleted a note (`isNews`), or tells of one. */
  wrote(id: string, isNews: boolean, actor: Actor): void {
    if (isNews || this.others.get(id) === null) this.others.set(id, actor);
  }

  deleted(node_id: string, actor: Actor): void {
    this.others.set(node_id, actor);
  }
}
