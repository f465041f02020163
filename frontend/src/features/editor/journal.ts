/**
 * What of a workflow's edits is unsent, kept in this browser over a reload or a crash of the page. Each page writes its
 * own; one that opens the workflow takes over what others have left. Should another page still be there and send the
 * same, the Idempotency-Key of each batch sees to it that it is applied once.
 */
import { newKey } from "@/lib/key";
import type { Batch, Conflict } from "./sync";

/** Of the shape below; what an older editor left is not understood and stays away. */
const VERSION = 2;
const ALL = "pipelit.unsent.";
/** Who has not come back by then does not miss it, and browsers have little room. */
const MAX_AGE_MS = 30 * 86_400_000;

export interface Unsent {
  batches: Batch[];
  conflicts: Conflict[];
}

interface Kept extends Unsent {
  version: number;
  at: number;
}

export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class Journal {
  private readonly prefix: string;
  private readonly own: string;
  private empty = true;

  constructor(
    user: string,
    workflow: number,
    private readonly store: Store,
  ) {
    this.prefix = `${ALL}${encodeURIComponent(user)}.${workflow}.`;
    this.own = this.prefix + newKey();
  }

  /** What earlier pages left, the oldest first; it is ours from now on. */
  takeOver(): Unsent {
    const found = this.names().flatMap((name) => {
      const kept = parsed(this.store.getItem(name));
      if (kept && kept.at < Date.now() - MAX_AGE_MS) this.store.removeItem(name);
      else if (kept && name.startsWith(this.prefix)) return [{ name, kept }];
      return [];
    });
    found.sort((a, b) => a.kept.at - b.kept.at);
    const batches = new Map(found.flatMap(({ kept }) => kept.batches).map((batch) => [batch.key, batch]));
    const unsent = { batches: [...batches.values()], conflicts: found.flatMap(({ kept }) => kept.conflicts) };
    if (this.write(unsent)) for (const { name } of found) this.store.removeItem(name);
    return unsent;
  }

  /** Whether it could be kept: there may be no room. */
  write(unsent: Unsent): boolean {
    const empty = !unsent.batches.length && !unsent.conflicts.length;
    if (empty && this.empty) return true;
    this.empty = empty;
    if (empty) {
      this.store.removeItem(this.own);
      return true;
    }
    try {
      this.store.setItem(this.own, JSON.stringify({ version: VERSION, at: Date.now(), ...unsent }));
      return true;
    } catch {
      this.store.removeItem(this.own); // an older state would be wrong
      return false;
    }
  }

  private names(): string[] {
    const all = Array.from({ length: this.store.length }, (_, index) => this.store.key(index));
    return all.filter((name): name is string => name?.startsWith(ALL) ?? false);
  }
}

function parsed(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? "") as Kept;
    const good = kept.version === VERSION && Array.isArray(kept.batches) && Array.isArray(kept.conflicts);
    return good ? kept : null;
  } catch {
    return null;
  }
}
