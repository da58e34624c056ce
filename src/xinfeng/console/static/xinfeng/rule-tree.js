// The rule between its JSON form (see segments/rules.py) and what the builder edits: a tree of groups
// {group: true, mode: "all"|"any", negated, items} and conditions, which are the JSON objects themselves.
export const newGroup = (mode = "all") => ({ group: true, mode, negated: false, items: [] });

export function fromJson(raw) {
  const node = read(raw);
  if (node.group) return node;
  return { ...newGroup(), items: [node] };
}

function read(raw) {
  if (raw === null || typeof raw !== "object") throw new TypeError("not a rule");
  if ("all" in raw || "any" in raw) {
    const mode = "all" in raw ? "all" : "any";
    return { ...newGroup(mode), items: raw[mode].map(read) };
  }
  if ("not" in raw) {
    const inner = read(raw.not);
    if (inner.group && !inner.negated) return { ...inner, negated: true };
    return { ...newGroup(), negated: true, items: [inner] };
  }
  return { ...raw };
}

export function toJson(node) {
  if (!node.group) return node;
  const inner = { [node.mode]: node.items.map(toJson) };
  return node.negated ? { not: inner } : inner;
}

// The path that segments/rules.py gives each node in its refusals: `rule.all[2]`, `rule.not.any[0]`.
export function* withPaths(node, path = "rule") {
  yield [node, path];
  if (!node.group) return;
  const inner = node.negated ? `${path}.not` : path;
  for (const [index, item] of node.items.entries()) yield* withPaths(item, `${inner}.${node.mode}[${index}]`);
}

// The innermost node that a refusal is about.
export function nodeAt(root, faultPath) {
  let found = null;
  let longest = -1;
  for (const [node, path] of withPaths(root)) {
    const fits = faultPath === path || faultPath.startsWith(`${path}.`) || faultPath.startsWith(`${path}[`);
    if (fits && path.length > longest) [found, longest] = [node, path.length];
  }
  return found;
}
