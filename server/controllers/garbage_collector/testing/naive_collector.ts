/** An object as the simple version of the collector sees it. */
export interface NaiveObject {
  readonly uid: string;
  owners: { readonly uid: string; readonly blocks: boolean }[];
  deletion: "none" | "background" | "foreground" | "orphan";
}

/**
 * The garbage collector's rules with all the world in sight and time stood still: looks at everything, over and over, until nothing changes.
 * What the real one is checked against.
 */
export class NaiveCollector {
  readonly objects = new Map<string, NaiveObject>();

  collect(): void {
    while ([...this.objects.values()].some((object) => this.objects.has(object.uid) && this.#step(object)));
  }

  #step(object: NaiveObject): boolean {
    const dependents = this.#dependentsOf(object);
    if (object.deletion === "none") return this.#judge(object, dependents);
    if (object.deletion === "orphan") {
      for (const one of dependents) one.owners = one.owners.filter(({ uid }) => uid !== object.uid);
    }
    const blocked = dependents.some(({ owners }) => owners.some(({ uid, blocks }) => uid === object.uid && blocks));
    if (object.deletion === "foreground" && blocked) return false;
    return this.objects.delete(object.uid);
  }

  #judge(object: NaiveObject, dependents: readonly NaiveObject[]): boolean {
    if (object.owners.length === 0) return false;
    const deletionOf = (uid: string) => this.objects.get(uid)?.deletion;
    const isSolid = ({ uid }: { uid: string }) => this.objects.has(uid) && deletionOf(uid) !== "foreground";
    const left = object.owners.filter(isSolid);
    if (left.length === object.owners.length) return false;
    if (left.length > 0) object.owners = left;
    else {
      const isWaitedFor = object.owners.some(({ uid }) => deletionOf(uid) === "foreground") && dependents.length > 0;
      if (isWaitedFor && dependents.some(({ deletion }) => deletion === "foreground")) {
        object.owners = object.owners.map(({ uid }) => ({ uid, blocks: false }));
      }
      object.deletion = isWaitedFor ? "foreground" : "background";
    }
    return true;
  }

  #dependentsOf({ uid }: NaiveObject): NaiveObject[] {
    return [...this.objects.values()].filter((other) =>
      other.uid !== uid && other.owners.some((owner) => owner.uid === uid)
    );
  }
}
