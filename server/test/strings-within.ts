/** Every string that can be reached from `root`: properties of any kind, symbols too, messages, stacks and causes. */
export const stringsWithin = (root: unknown): string[] => {
  const seen = new Set<unknown>();
  const strings: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') strings.push(value);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      strings.push(String(key));
      visit(Reflect.get(value, key));
    }
    if (value instanceof Map || value instanceof Set) for (const item of value) visit(item);
  };
  visit(root);
  return strings;
};
