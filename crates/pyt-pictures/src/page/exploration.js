// A finding: threads, objects, steps, cause, deadlock, as `pyt explore --json` has them; and `walk`: where each
// thread stood before each step (`stands`, a number among `stacks` and `locals`, from 1).
// The position is a number of steps: so many were taken, and `steps[position]` comes next.

let report = null, finding = null, position = 0, stops = [];

const text = (value, otherwise) => value === null || value === undefined ? otherwise : String(value);
const place = step => step.file ? `${baseName(step.file)}:${step.line}` : "";
const threadName = number => finding.threads[number] ?? "?";
const isAccess = step => step.operation === "read" || step.operation === "write" || step.operation === "update";
const COLOURS = ["#3b78c9", "#c2703d", "#3d9e6a", "#a659b5", "#b8a02f", "#c94f6d", "#3f9fb0", "#7d6fd0", "#8a8f3a", "#7c8796"];
const colourOf = thread => COLOURS[thread % COLOURS.length];

const WORDS = {
  begin: "begins", end: "ends", start: "starts", join: "waits for the end of", acquire: "acquires", try_acquire: "tries to acquire",
  release: "releases", wait: "waits for", notify: "notifies", set: "sets", clear: "clears", arrive: "arrives at", put: "puts into", try_put: "tries to put into",
  get: "gets from", try_get: "tries to get from", task_done: "says that a task is done to", shut_down: "shuts down", update: "updates", query: "asks", sleep: "sleeps",
  read: "reads", write: "writes", step: "goes on",
};

/** What a step does, in words, with its values. */
function doing(step) {
  const word = WORDS[step.operation] ?? step.operation, what = step.operation === "begin" || step.operation === "end" ? "" : step.variable ?? step.object_name ?? (step.operation === "start" ? "a thread" : "");
  let said = [word, what].filter(Boolean).join(" ");
  if (step.operation === "read" && step.before !== null) said += `: ${step.before}`;
  if (step.operation === "write" || step.operation === "update") {
    if (step.after !== null) said += step.before !== null ? `: ${step.before} → ${step.after}` : `: ${step.after}`;
    else if (step.before !== null) said += `: ${step.before} → nothing`;
  }
  if (step.timed_out) said += step.operation.startsWith("try_") ? ", in vain" : ", and its timeout comes";
  return said;
}

// --- the whole exploration -----------------------------------------------------------------------

function showReport() {
  $("title").textContent = report.title;
  const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
  if (report.schedules !== undefined) {
    const said = [`${count(report.schedules, "schedule", "schedules")} in ${report.seconds.toFixed(1)} s`, report.failed ? `${report.failed} failed` : "none failed"];
    if (report.proven) said.push(report.failed ? "all schedules were tried: there are no other outcomes" : "all schedules were tried: none can fail");
    $("about").textContent = said.join(", ");
  } else $("about").textContent = "One run, as its schedule says";
  const outcomes = report.outcomes ?? [];
  $("outcomes-panel").hidden = outcomes.length === 0;
  const total = outcomes.reduce((sum, outcome) => sum + outcome.count, 0);
  const ordered = [...outcomes].sort((a, b) => b.count - a.count);
  $("outcomes").replaceChildren(
    el("tr", {}, el("th", {class: "number"}, "share"), el("th", {}, ""), el("th", {}, "outcome"), el("th", {class: "number"}, "first schedule"), el("th", {class: "number"}, "its seed")),
    ...ordered.slice(0, 30).map(outcome => {
      const bar = el("div");
      bar.style.width = `${100 * outcome.count / total}%`;
      const failure = outcome.outcome && outcome.outcome.failure, output = outcome.outcome ? outcome.outcome.output.trim() : "";
      const what = failure ? describe(failure) : outcome.failed ? "failed" : output ? `writes ${output.slice(0, 120)}` : "passed";
      return el("tr", {class: outcome.failed ? "failed" : null}, el("td", {class: "number"}, `${(100 * outcome.count / total).toFixed(1)} %`), el("td", {class: "share"}, bar),
        el("td", {class: "what"}, what), el("td", {class: "number"}, String(outcome.first)), el("td", {class: "number"}, text(outcome.seed, "")));
    }),
    ...(ordered.length > 30 ? [el("tr", {}, el("td"), el("td"), el("td", {class: "faint"}, `and ${ordered.length - 30} more`))] : []));
  const findings = report.findings ?? [];
  $("choice").replaceChildren(...(findings.length > 1 ? findings.map((one, index) => el("button", {role: "tab", onclick: () => choose(index)}, one.summary.slice(0, 80))) : []));
  if (findings.length) choose(0);
}

function describe(failure) {
  const kind = failure.kind ?? Object.keys(failure)[0], inner = typeof failure[kind] === "object" && failure[kind] ? failure[kind] : failure;
  if (inner.exception) return `${inner.exception}${inner.message ? ": " + inner.message : ""} in ${inner.thread}`;
  if (inner.waits) return "deadlock";
  return String(kind).replaceAll("_", " ");
}

function choose(index) {
  finding = report.findings[index];
  [...$("choice").children].forEach((button, i) => button.setAttribute("aria-selected", String(i === index)));
  $("finding").hidden = false;
  $("summary").textContent = finding.summary;
  const cause = finding.cause;
  $("sentence").textContent = cause && cause.sentence ? cause.sentence : finding.deadlock ? finding.deadlock.title : "";
  const facts = [`seed ${finding.seed}`];
  if (finding.switches !== undefined) facts.push(`${finding.switches} switch${finding.switches === 1 ? "" : "es"} in the smallest schedule`);
  if (finding.schedule) facts.push(`again: pyt replay ${finding.schedule}`);
  if (finding.reproducible === false) facts.push("it did not happen again in the same way");
  if (finding.differs) facts.push(finding.differs);
  if (report.schedules === undefined && !cause && !finding.deadlock) facts.push("which steps decide is not known: pyt explore searches for them, and writes them into its schedules");
  $("facts").textContent = facts.join(" · ");
  const output = finding.output;
  $("output-panel").hidden = !output && !finding.expected;
  $("output").textContent = (output || "(nothing)") + (finding.expected ? `\n\ninstead of:\n${finding.expected}` : "");
  $("text").textContent = finding.trace_report ?? "";
  $("text").parentElement.hidden = !finding.trace_report;
  drawGraph();
  const steps = finding.steps ?? [];
  $("stepper").hidden = $("tables").hidden = steps.length === 0;
  if (steps.length) { prepare(); go(firstStop()); } else { $("threads").replaceChildren(); $("list").replaceChildren(); }
}

// --- the run ------------------------------------------------------------------------------------

/** What is known of the run at each position is computed from its steps. */
function prepare() {
  const {steps, walk} = finding;
  finding.next = [];
  const coming = finding.threads.map(() => -1);
  for (let i = steps.length - 1; i >= 0; i--) {
    coming[steps[i].thread] = i;
    finding.next[i] = coming.slice();
  }
  finding.next[steps.length] = finding.threads.map(() => -1);
  finding.begins = finding.threads.map((_, thread) => steps.findIndex(step => step.thread === thread));
  finding.atEnd = new Map((walk ? walk.blocked : []));
  finding.deciding = new Set(finding.cause ? finding.cause.steps : []);
  finding.hides = steps.some(step => !step.shown);
  $("all").parentElement.hidden = !finding.hides;
  setStops();
  const cause = finding.cause;
  $("conflict-1").disabled = !cause || cause.first === null;
  $("conflict-2").disabled = !cause || cause.second === null;
  showList();
}

function setStops() {
  const all = $("all").checked || !finding.hides;
  stops = [];
  finding.steps.forEach((step, i) => { if (all || step.shown) stops.push(i); });
  stops.push(finding.steps.length);
  $("slider").max = stops.length - 1;
}

const firstStop = () => stops[0];
const stopAtOrAfter = at => { let i = stops.findIndex(stop => stop >= at); return i < 0 ? stops.length - 1 : i; };

function go(to) {
  const steps = finding.steps;
  position = Math.max(0, Math.min(to, steps.length));
  const index = stopAtOrAfter(position);
  $("slider").value = index;
  $("back").disabled = $("first").disabled = $("back-switch").disabled = index === 0;
  $("forth").disabled = $("last").disabled = $("forth-switch").disabled = index === stops.length - 1;
  const step = steps[position], number = `Step ${position} of ${steps.length}. `;
  $("now").replaceChildren(el("strong", {}, number), step
    ? `Next: ${threadName(step.thread)} ${doing(step)}` + (step.file ? ` at ${place(step)}: ${step.source}` : "") + (step.preempts ? " (a switch: the thread before could have gone on)" : "")
    : finding.deadlock ? `The end: ${finding.deadlock.title}` : `The end: ${finding.summary}`);
  showThreads(); showVariables(); showObjects(); drawLanes(); markList();
  document.body.dataset.position = position;
}

const moveBy = by => go(stops[Math.max(0, Math.min(stops.length - 1, stopAtOrAfter(position) + by))]);

function moveToSwitch(by) {
  const steps = finding.steps;
  for (let i = stopAtOrAfter(position) + by; i > 0 && i < stops.length - 1; i += by) {
    if (steps[stops[i]].thread !== steps[stops[i - 1]].thread) { go(stops[i]); return; }
  }
  go(by > 0 ? stops[stops.length - 1] : stops[0]);
}

/** Where a thread stands at the position: the stack before its next step, or at its end. */
function standing(thread) {
  const {walk} = finding, next = finding.next[position][thread];
  if (next >= 0) return {next, number: walk ? walk.stands[next] : 0};
  if (finding.atEnd.has(thread)) return {next: -1, number: finding.atEnd.get(thread)};
  return {next: -1, number: 0};
}

function stateOf(thread, stand) {
  const {steps} = finding, begins = finding.begins[thread];
  if (thread !== 0 && begins >= position && begins >= 0) {
    const started = steps.slice(0, position).some(step => step.thread === thread);
    if (!started) return begins === position ? "begins next" : "has not begun";
  }
  if (stand.next === position) return `goes next: ${doing(steps[stand.next])}`;
  if (stand.next >= 0) {
    const step = steps[stand.next], holder = holders(position).get(step.object);
    if (step.operation === "acquire" && holder && holder.thread !== thread) return `waits for ${step.object_name ?? "a lock"}, held by ${threadName(holder.thread)}`;
    return `then ${doing(step)}`;
  }
  if (finding.atEnd.has(thread)) {
    const waits = finding.deadlock && finding.deadlock.threads.find(one => one.name === threadName(thread));
    if (waits) return `waits for ${waits.waits_for}` + (waits.holder ? `, held by ${waits.holder}` : "") + " for ever";
    return "does not go on";
  }
  return "has ended, or takes no step any more";
}

function sourceOf(file, line, otherwise) {
  const text = report.sources && report.sources[file];
  if (!text) return otherwise ? el("div", {class: "source code"}, el("div", {class: "here"}, el("span", {class: "line"}, String(line)), otherwise)) : null;
  const lines = text.split("\n"), box = el("div", {class: "source code", tabindex: "0"});
  for (let n = Math.max(1, line - 4); n <= Math.min(lines.length, line + 4); n++) {
    box.append(el("div", {class: n === line ? "here" : null}, el("span", {class: "line"}, String(n)), lines[n - 1]));
  }
  return box;
}

function showThreads() {
  const {walk, steps} = finding;
  $("threads").replaceChildren(...finding.threads.map((name, thread) => {
    const stand = standing(thread), panel = el("section", {class: "panel thread" + (stand.next === position ? " next" : "")});
    const swatch = el("span", {class: "swatch"});
    swatch.style.background = colourOf(thread);
    panel.append(el("h3", {}, swatch, name), el("div", {class: "state"}, stateOf(thread, stand)));
    const stack = walk && stand.number ? walk.stacks[stand.number - 1] : [];
    const own = stack.filter(frame => !frame.library), step = steps[stand.next];
    if (own.length) {
      panel.append(sourceOf(own[0].file, own[0].line, own[0].source) ?? "");
      const frames = el("ol", {class: "stack code"});
      for (const frame of stack.slice(0, 12)) frames.append(el("li", {class: frame.library ? "library" : null}, `${frame.function} ${baseName(frame.file)}:${frame.line}`));
      panel.append(frames);
      const locals = walk.locals[stand.number - 1] ?? [];
      if (locals.length) {
        panel.append(el("table", {class: "locals code"}, ...locals.map(([name, value]) => el("tr", {}, el("td", {}, name), el("td", {}, value)))));
      }
    } else if (step && step.file) panel.append(sourceOf(step.file, step.line, step.source) ?? "");
    return panel;
  }));
}

/**
 * The shared variables that the steps touch, with their values at the position. A variable is a part of an object (an
 * attribute, an item, or all of it), whatever the source calls it. Its value is what the last step on it has left, or else what
 * the next one finds; it is not known if a step on all of the object, or for that on a part of it, has come in between.
 */
function variables() {
  const {steps, walk} = finding, objects = new Map();
  const partOf = i => walk ? walk.parts[i] : steps[i].variable;
  const entry = (step, part) => {
    if (!objects.has(step.object)) objects.set(step.object, new Map());
    const parts = objects.get(step.object);
    if (!parts.has(part)) parts.set(part, {part, names: [], value: null, known: false, open: true, exists: false, writer: null, threads: new Set(), touched: false, changed: false, shown: false});
    return parts.get(part);
  };
  steps.forEach((step, i) => {
    if (!isAccess(step) || step.variable === null) return;
    const one = entry(step, partOf(i));
    one.threads.add(step.thread);
    one.shown = one.shown || step.shown;
    one.exists = one.exists || step.operation !== "read" || step.before !== null;
    if (!one.names.includes(step.variable)) one.names.push(step.variable);
  });
  steps.forEach((step, i) => {
    if (!isAccess(step) || !objects.has(step.object)) return;
    const parts = objects.get(step.object), part = partOf(i), writes = step.operation !== "read", own = parts.get(part);
    if (own && i < position) {
      own.value = writes ? step.after : step.before;
      own.known = true;
      if (writes) own.writer = {step, at: i};
      own.touched = i === position - 1;
      own.changed = own.touched && writes && step.before !== step.after;
    } else if (own && own.open && !own.known) { own.value = step.before; own.known = true; }
    if (!writes) return;
    for (const other of part === 0 ? parts.values() : parts.has(0) ? [parts.get(0)] : []) {
      if (other === own) continue;
      if (i < position) { other.known = false; other.value = null; other.writer = {step, at: i}; } else other.open = false;
    }
  });
  // What was looked for and never there is no variable: an attribute of an instance that its class has.
  const found = [...objects.values()].flatMap(parts => [...parts.values()]).filter(one => one.exists);
  const alike = new Map();
  for (const one of found) alike.set(one.names[0], [...(alike.get(one.names[0]) ?? []), one]);
  for (const all of alike.values()) all.forEach((one, i) => { one.name = one.names.slice(0, 3).join(", ") + (all.length > 1 ? ` #${i + 1}` : ""); });
  return found;
}

function showVariables() {
  const all = variables().filter(entry => entry.threads.size > 1 || entry.shown || $("all").checked);
  all.sort((a, b) => b.threads.size - a.threads.size);
  $("variables").replaceChildren(
    el("tr", {}, el("th", {}, "variable"), el("th", {}, "value"), el("th", {}, "written last by")),
    ...all.slice(0, 60).map(entry => el("tr", {class: [entry.changed ? "changed" : "", entry.touched ? "touched" : ""].join(" ").trim() || null},
      el("td", {class: "code"}, entry.name), entry.known ? el("td", {class: "code"}, text(entry.value, "(none)")) : el("td", {class: "faint"}, "not known here"),
      el("td", {}, entry.writer ? el("button", {class: "link", onclick: () => go(entry.writer.at)}, `${threadName(entry.writer.step.thread)} at ${place(entry.writer.step)}, step ${entry.writer.at}`) : el("span", {class: "faint"}, "no step before")))),
    ...(all.length ? [] : [el("tr", {}, el("td", {class: "faint"}, "The steps touch none."))]));
}

/** Which thread has acquired each lock and not released it. What was notified holds nothing. */
function holders(at) {
  const held = new Map(), conditions = new Set();
  for (const step of finding.steps) if (step.operation === "wait" || step.operation === "notify") conditions.add(step.object);
  for (let i = 0; i < at; i++) {
    const step = finding.steps[i];
    if (conditions.has(step.object)) continue;
    if ((step.operation === "acquire" || step.operation === "try_acquire") && !step.timed_out) {
      const before = held.get(step.object);
      held.set(step.object, before && before.thread === step.thread ? {...before, count: before.count + 1} : {thread: step.thread, at: i, count: 1});
    } else if (step.operation === "release") {
      const before = held.get(step.object);
      if (before && before.count > 1) held.set(step.object, {...before, count: before.count - 1}); else held.delete(step.object);
    }
  }
  return held;
}

function showObjects() {
  const {steps, objects} = finding, held = holders(position), seen = new Set();
  for (const step of steps) if (step.object !== null && step.object_name && !isAccess(step) && (step.shown || $("all").checked) && !["start", "join", "begin", "end"].includes(step.operation)) seen.add(step.object);
  const rows = [...seen].map(object => {
    const holder = held.get(object);
    const waiting = finding.threads.map((_, thread) => thread).filter(thread => {
      const {next} = standing(thread);
      if (next >= 0) { const step = steps[next]; return step.object === object && ((step.operation === "acquire" && holder && holder.thread !== thread)); }
      return position === steps.length && finding.deadlock && finding.atEnd.has(thread) && (finding.deadlock.threads.find(one => one.name === threadName(thread)) ?? {waits_for: ""}).waits_for.includes(objects[object].name ?? "\u0000");
    });
    const last = steps.slice(0, position).findLastIndex(step => step.object === object);
    return el("tr", {class: last === position - 1 && last >= 0 ? "touched" : null},
      el("td", {class: "code"}, objects[object].full_name ?? objects[object].name),
      el("td", {}, holder ? el("button", {class: "link", onclick: () => go(holder.at)}, `${threadName(holder.thread)} since step ${holder.at}`) : el("span", {class: "faint"}, "none")),
      el("td", {}, waiting.map(threadName).join(", ")),
      el("td", {class: "faint"}, last >= 0 ? `${threadName(steps[last].thread)} ${WORDS[steps[last].operation] ?? steps[last].operation}` : ""));
  });
  $("objects").replaceChildren(
    el("tr", {}, el("th", {}, "object"), el("th", {}, "holder"), el("th", {}, "waits for it"), el("th", {}, "last step")),
    ...rows, ...(rows.length ? [] : [el("tr", {}, el("td", {class: "faint"}, "The steps use none."))]));
}

// --- lanes and list ------------------------------------------------------------------------------

let geometry = null;
function drawLanes() {
  const {steps, threads} = finding, canvas = $("lanes"), frame = $("lanes-frame");
  const gutter = Math.min(150, Math.max(70, frame.clientWidth * .2)), row = 22, width = frame.clientWidth;
  const cell = Math.max(3, Math.min(26, (width - gutter - 10) / stops.length));
  const total = Math.max(width, Math.ceil(gutter + cell * stops.length + 10)), height = threads.length * row + 6;
  const ratio = Math.min(devicePixelRatio || 1, total > 8000 ? 1 : 2);
  canvas.width = Math.min(32000, total * ratio); canvas.height = height * ratio;
  canvas.style.width = total + "px"; canvas.style.height = height + "px";
  geometry = {gutter, cell, row};
  const style = getComputedStyle(document.documentElement), of = name => style.getPropertyValue("--" + name).trim();
  const paint = canvas.getContext("2d");
  paint.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint.clearRect(0, 0, total, height);
  paint.font = "12px system-ui, 'DejaVu Sans', sans-serif"; paint.textBaseline = "middle";
  threads.forEach((name, thread) => {
    const y = thread * row + 3;
    paint.fillStyle = of("line"); paint.fillRect(gutter, y + row - 1, total - gutter, .5);
    paint.fillStyle = of("text");
    let shown = name;
    while (shown.length > 2 && paint.measureText(shown).width > gutter - 10) shown = shown.slice(0, -2) + "…";
    paint.fillText(shown, 2, y + row / 2);
  });
  const now = stopAtOrAfter(position);
  let before = null;
  stops.forEach((stop, i) => {
    const step = steps[stop];
    if (!step) return;
    const x = gutter + i * cell, y = step.thread * row + 3;
    if (before !== null && before.thread !== step.thread) {
      paint.strokeStyle = of("faint"); paint.lineWidth = 1;
      paint.beginPath(); paint.moveTo(x, before.thread * row + 3 + row / 2); paint.lineTo(x, y + row / 2); paint.stroke();
    }
    paint.globalAlpha = i < now ? 1 : .45;
    paint.fillStyle = colourOf(step.thread);
    const inset = isAccess(step) ? 3 : 6;
    paint.fillRect(x + (cell > 5 ? 1 : 0), y + inset, Math.max(1, cell - (cell > 5 ? 2 : .5)), row - 2 * inset);
    paint.globalAlpha = 1;
    if (finding.deciding.has(stop)) {
      paint.strokeStyle = of("bad"); paint.lineWidth = 2;
      paint.strokeRect(x + .5, y + 1.5, Math.max(3, cell - 1), row - 4);
    }
    before = step;
  });
  const x = gutter + now * cell;
  paint.fillStyle = of("accent"); paint.fillRect(x - 1, 0, 2, height);
  if (x < frame.scrollLeft + gutter || x > frame.scrollLeft + width - 20) frame.scrollLeft = x - width / 2;
}

const MOST_LISTED = 2000;
function showList() {
  const rows = stops.slice(0, -1).slice(0, MOST_LISTED).map(stop => {
    const step = finding.steps[stop];
    return el("tr", {"data-step": stop, class: finding.deciding.has(stop) ? "decides" : null, onclick: () => go(stop)},
      el("td", {class: "number"}, String(stop)), el("td", {}, threadName(step.thread)), el("td", {}, doing(step)), el("td", {class: "code"}, place(step)), el("td", {class: "code"}, step.source ?? ""));
  });
  const more = stops.length - 1 - rows.length + (finding.steps_left_out || 0);
  $("list").replaceChildren(...rows, ...(more > 0 ? [el("tr", {}, el("td"), el("td", {class: "faint"}, `and ${more} more`))] : []));
}

function markList() {
  for (const row of $("list").rows) {
    const step = Number(row.dataset.step);
    row.classList.toggle("taken", step < position);
    row.classList.toggle("next", step === position);
    if (step === position) {
      const frame = $("list-frame");
      if (row.offsetTop < frame.scrollTop || row.offsetTop > frame.scrollTop + frame.clientHeight - 30) frame.scrollTop = row.offsetTop - frame.clientHeight / 2;
    }
  }
}

// --- a deadlock as a graph -----------------------------------------------------------------------

function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function drawGraph() {
  $("graph").replaceChildren();
  const deadlock = finding.deadlock;
  if (!deadlock) return;
  const chain = deadlock.chain.length ? deadlock.chain : [];
  if (!chain.length) {
    $("graph").append(el("ul", {}, ...deadlock.threads.map(thread => el("li", {}, `${thread.name} waits for ${thread.waits_for}` + (thread.holder ? `, held by ${thread.holder}` : "")))));
    return;
  }
  const count = chain.length, closes = deadlock.kind === "cycle", radius = count > 2 ? 40 + 20 * count : 150, width = 2 * radius + 560, height = (count > 2 ? 2 * radius : 90) + 70;
  const half = [88, 21];
  const drawing = svg("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img"});
  drawing.append(svg("title", {}, document.createTextNode(deadlock.title)));
  drawing.append(svg("defs", {}, svg("marker", {id: "head", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse"}, svg("path", {d: "M0 0 L10 5 L0 10 z", fill: "var(--bad)"}))));
  const at = i => {
    const angle = 2 * Math.PI * i / count - Math.PI / 2 - (count === 2 ? Math.PI / 2 : 0);
    return [width / 2 + (radius + 40) * Math.cos(angle), height / 2 + (count > 2 ? radius : 0) * Math.sin(angle)];
  };
  chain.forEach((number, i) => {
    const thread = deadlock.threads[number], isLast = i === count - 1;
    if (isLast && !closes) return;
    const [x0, y0] = at(i), [x1, y1] = at((i + 1) % count);
    const length = Math.hypot(x1 - x0, y1 - y0) || 1, ux = (x1 - x0) / length, uy = (y1 - y0) / length, bend = count === 2 ? 46 : 18;
    const mx = (x0 + x1) / 2 + uy * bend, my = (y0 + y1) / 2 - ux * bend;
    const reach = Math.min(length / 2 - 12, Math.min(half[0] / (Math.abs(ux) || 1e-9), half[1] / (Math.abs(uy) || 1e-9)) + 5);
    const path = count === 1 ? `M${x0 - 20} ${y0 - 18} C${x0 - 60} ${y0 - 80} ${x0 + 60} ${y0 - 80} ${x0 + 20} ${y0 - 18}` : `M${x0 + ux * reach} ${y0 + uy * reach} Q${mx} ${my} ${x1 - ux * reach} ${y1 - uy * reach}`;
    drawing.append(svg("path", {class: "edge", d: path, "marker-end": "url(#head)"}));
    const below = ux < 0, side = count > 2 && Math.abs(uy) > .2;
    const labelX = side ? mx + uy * 10 : mx, labelY = count === 1 ? y0 - 72 : side ? my : below ? my + (count === 2 ? -4 : 16) : my - 6;
    drawing.append(svg("text", {class: "label", x: labelX, y: labelY, "text-anchor": side ? (uy > 0 ? "start" : "end") : "middle"}, document.createTextNode(`waits for ${thread.waits_for.replace(/ \([^()]*:\d+\)$|, made at.*$/, "")}`)));
  });
  chain.forEach((number, i) => {
    const thread = deadlock.threads[number], [x, y] = at(i);
    drawing.append(svg("rect", {class: "node", x: x - half[0], y: y - half[1], width: 2 * half[0], height: 2 * half[1], rx: 8}));
    drawing.append(svg("text", {x, y: y - 2, "text-anchor": "middle"}, document.createTextNode(thread.name.length > 24 ? thread.name.slice(0, 23) + "…" : thread.name)));
    drawing.append(svg("text", {class: "label", x, y: y + 14, "text-anchor": "middle"}, document.createTextNode(thread.place || "")));
  });
  $("graph").append(drawing);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const data of dataOf("data")) report = data;
  if (!report) { $("about").textContent = "The page has no data: it was cut off."; return; }
  beginTheme($("theme"), () => { if (finding && finding.next) drawLanes(); });
  const on = (id, action) => $(id).addEventListener("click", action);
  on("first", () => go(stops[0]));
  on("last", () => go(stops[stops.length - 1]));
  on("back", () => moveBy(-1));
  on("forth", () => moveBy(1));
  on("back-switch", () => moveToSwitch(-1));
  on("forth-switch", () => moveToSwitch(1));
  on("conflict-1", () => go(finding.cause.first));
  on("conflict-2", () => go(finding.cause.second));
  $("all").addEventListener("change", () => { setStops(); showList(); go(stops[stopAtOrAfter(position)]); });
  $("slider").addEventListener("input", event => go(stops[Number(event.target.value)]));
  $("lanes").addEventListener("click", event => {
    const index = Math.round((event.offsetX - geometry.gutter) / geometry.cell);
    if (index >= 0) go(stops[Math.min(index, stops.length - 1)]);
  });
  addEventListener("keydown", event => {
    if (!finding || event.target.matches("input[type=search], input[type=range], summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {ArrowRight: () => event.shiftKey ? moveToSwitch(1) : moveBy(1), ArrowLeft: () => event.shiftKey ? moveToSwitch(-1) : moveBy(-1), Home: () => go(stops[0]), End: () => go(stops[stops.length - 1]), 1: () => $("conflict-1").click(), 2: () => $("conflict-2").click()};
    if (keys[event.key] && finding.next) { event.preventDefault(); keys[event.key](); }
  });
  addEventListener("resize", () => { if (finding && finding.next) drawLanes(); });
  showReport();
  document.body.dataset.ready = "1";
});
