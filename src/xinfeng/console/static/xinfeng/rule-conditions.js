// What a condition of the rule builder may be about, how each begins, and the inputs of those that have their own.
export function el(tag, properties = {}, children = []) {
  const { data = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

export function select(options, chosen, label, onchange) {
  const made = el("select", { className: "form-select", ariaLabel: label });
  for (const [value, text] of options) made.append(el("option", { value, textContent: text, selected: value === chosen }));
  made.addEventListener("change", () => onchange(made.value));
  return made;
}

const NAMED = ["attribute", "consent", "event", "message", "interaction"];
const SINGLE = ["segment", "rhythm", "tier_change"];

// What a condition is about, as the first select names it.
export function subjectOf(node) {
  for (const kind of NAMED) if (kind in node) return `${kind}:${node[kind]}`;
  return SINGLE.find((kind) => kind in node) ?? "tag";
}

// The groups of the first select: [label, [[subject, text]]]. What a rule already asks stays among them.
export function subjects(offer, current) {
  const { words, attributes } = { words: offer.phrases, attributes: offer.attributes };
  const marked = (one) => (one.sensitive ? `${one.label}（${words.sensitive}）` : one.label);
  const from = (source) => attributes.filter((one) => one.source === source).map((one) => [`attribute:${one.name}`, marked(one)]);
  const each = (kind, entries) => entries.map(([code, label]) => [`${kind}:${code}`, label]);
  const groups = [
    [words.attributes, from("contact")], [words.custom, from("custom")], [words.traits, from("trait")],
    [words.tags, offer.tags.length ? [["tag", words.tag]] : []],
    [words.segments, offer.segments.length ? [["segment", words.segment]] : []],
    [words.consent, each("consent", offer.consents)],
    [words.events, [...each("event", offer.events), ["rhythm", words.rhythm]]],
    [words.messages, each("message", offer.outcomes)],
    [words.interactions, each("interaction", offer.interactions)],
    [words.tierChanges, [["tier_change", words.tierChange]]],
    [words.numbers, from("number")],
  ].filter(([, entries]) => entries.length);
  const known = groups.some(([, entries]) => entries.some(([value]) => value === current));
  return known ? groups : [[words.subject, [[current, current.replace(/^[^:]+:/, "")]]], ...groups];
}

// A new condition of any kind but an attribute's.
export function begin(kind, name, offer) {
  switch (kind) {
    case "tag": return { tag: offer.tags[0]?.[0] ?? 0, op: "has" };
    case "segment": return { segment: offer.segments[0]?.[0] ?? 0, op: "in" };
    case "consent": return { consent: name, op: "granted" };
    case "event": return { event: name, measure: "count", op: "at_least", value: 1, period: { days: 90 } };
    case "rhythm": return { rhythm: "purchase", op: "silent", times: 2 };
    case "interaction": return { interaction: name, op: "is" };
    case "tier_change": return { tier_change: "dormant", op: "did", period: { days: 30 } };
    default: return { message: name, op: "did", period: { days: 30 } };
  }
}

// The inputs of a condition that has its own kind of them; null for the others.
export function special(builder, node) {
  const { offer, words } = builder;
  const unit = (text) => el("span", { className: "xf-rule-unit", textContent: text });
  if ("segment" in node) {
    const known = offer.segments.some(([id]) => id === node.segment);
    const options = [...(known ? [] : [[node.segment, `#${node.segment}`]]), ...offer.segments].map(([id, name]) => [String(id), name]);
    return [
      builder.choice(node, "op", [["in", words.in], ["not_in", words.notIn]]),
      select(options, String(node.segment), words.segment, (value) => { node.segment = Number(value); builder.changed(); }),
    ];
  }
  if ("interaction" in node) return [builder.choice(node, "op", [["is", words.yes], ["is_not", words.no]])];
  if ("rhythm" in node) {
    const times = el("input", { type: "number", className: "form-control", min: "1", max: "20", step: "0.5", value: String(node.times ?? ""), ariaLabel: words.times });
    times.addEventListener("input", () => { node.times = times.value === "" ? null : Number(times.value); builder.changed(); });
    return [
      select(offer.events, node.rhythm, words.rhythms, (value) => { node.rhythm = value; builder.changed(); }),
      builder.choice(node, "op", [["silent", words.silent], ["not_silent", words.notSilent]]), times, unit(words.times),
    ];
  }
  if ("tier_change" in node) {
    const tiers = [["any", words.anyTier], ...offer.tiers];
    const out = select(tiers, node.from ?? "any", words.from, (value) => {
      if (value === "any") delete node.from;
      else node.from = value;
      builder.changed();
    });
    const into = select(tiers, node.tier_change, words.to, (value) => { node.tier_change = value; builder.changed(); });
    return [builder.choice(node, "op", [["did", words.did], ["did_not", words.didNot]]), unit(words.from), out, unit(words.to), into, builder.period(node)];
  }
  if ("message" in node) {
    return [builder.choice(node, "op", [["did", words.did], ["did_not", words.didNot]]), builder.period(node), campaigns(builder, node)];
  }
  return null;
}

// Which campaigns the messages are of: none named means any. Each named one can be let go of.
function campaigns(builder, node) {
  const { offer, words } = builder;
  const box = el("div", { className: "xf-rule-more" });
  const chosen = node.plans ?? [];
  const put = (plans) => {
    if (plans.length) node.plans = plans;
    else delete node.plans;
    builder.changed({ redraw: true });
  };
  for (const id of chosen) {
    const name = offer.campaigns.find(([plan]) => plan === id)?.[1] ?? `#${id}`;
    const button = el("button", { type: "button", className: "btn btn-sm xf-rule-chip", textContent: `${name} ×`, ariaLabel: `${words.remove} ${name}` });
    button.addEventListener("click", () => put(chosen.filter((one) => one !== id)));
    box.append(button);
  }
  const rest = offer.campaigns.filter(([plan]) => !chosen.includes(plan));
  if (rest.length) {
    const options = [["", chosen.length ? words.addCampaign : words.allCampaigns], ...rest.map(([plan, name]) => [String(plan), name])];
    box.append(select(options, "", words.campaigns, (value) => { if (value) put([...chosen, Number(value)]); }));
  }
  return box;
}
