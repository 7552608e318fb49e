/** What `@OnComplaint()` says about a method. */
export interface ListenerMetadata {
  /** Empty: every action. */
  readonly actionTypes: readonly string[];
}

/** By the prototype that declares the method, and its name. */
const listeners = new WeakMap<object, Map<string, ListenerMetadata>>();
/** Weak, so that a class which nobody uses any more can go. */
const prototypes = new Set<WeakRef<object>>();

export function markListener(prototype: object, key: string, metadata: ListenerMetadata): void {
  const methods = listeners.get(prototype);
  if (methods) {
    methods.set(key, metadata);
    return;
  }
  listeners.set(prototype, new Map([[key, metadata]]));
  prototypes.add(new WeakRef(prototype));
}

/**
 * What the decorator says about a method. It is looked for where the method is declared: another
 * decorator may replace the function, and a subclass that overrides it decides for itself.
 */
export function listenerMetadata(prototype: object, key: string): ListenerMetadata | undefined {
  let owner: object | null = prototype;
  while (owner && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner ? listeners.get(owner)?.get(key) : undefined;
}

/** The prototype of every class with a listener that this process has loaded. */
export function prototypesWithListeners(): object[] {
  return [...prototypes].flatMap((reference) => {
    const prototype = reference.deref();
    if (!prototype) prototypes.delete(reference);
    return prototype ?? [];
  });
}
