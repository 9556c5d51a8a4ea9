/**
 * Freezes a JSON value throughout and returns it. Stops at what is frozen already, so that a new object which shares most
 * of an old one costs only its new parts; whoever freezes must therefore freeze with this function.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
