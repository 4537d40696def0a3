// The numbers of items, as the recorder writes them:
// slice: 0, lane, state, begin since the last item, duration, object + 1, site (or text), holder + 1, woken by + 1, flags
// arrow: 1, lane, begin since the last item, lane, duration, 1 if it starts a thread
// mark:  2, lane, moment since the last item, text
const LENGTHS = [10, 6, 4];
const RUN = "run";

class Lane {
  constructor() {
    this.name = "?"; this.parent = null; this.count = 0; this.number = 0; this.points = [];
  }
  allocate() {
    this.from = new Float64Array(this.count); this.to = new Float64Array(this.count);
    this.state = new Uint8Array(this.count);
    for (const field of ["object", "site", "holder", "by", "flags"]) this[field] = new Int32Array(this.count);
    this.inner = new Uint8Array(this.count);
    this.count = 0;
  }
  add(n, at, begin) {
    const i = this.count++;
    this.from[i] = begin; this.to[i] = begin + n[at + 4]; this.state[i] = n[at + 2];
    this.object[i] = n[at + 5]; this.site[i] = n[at + 6]; this.holder[i] = n[at + 7];
    this.by[i] = n[at + 8]; this.flags[i] = n[at + 9];
  }
  /** In the order of time, the outer before the inner. */
  order() {
    let sorted = true;
    for (let i = 1; i < this.count; i++) {
      if (this.from[i] < this.from[i - 1] || (this.from[i] === this.from[i - 1] && this.to[i] > this.to[i - 1] && this.to[i - 1] > this.from[i - 1])) { sorted = false; break; }
    }
    if (!sorted) {
      const order = Array.from({length: this.count}, (_, i) => i);
      order.sort((a, b) => this.from[a] - this.from[b] || this.to[b] - this.to[a]);
      for (const field of ["from", "to", "state", "object", "site", "holder", "by", "flags"]) {
        const old = this[field];
        this[field] = old.map((_, i) => old[order[i]]);
      }
    }
    let end = -1;
    for (let i = 0; i < this.count; i++) {
      if (this.from[i] < end && this.to[i] <= end) this.inner[i] = 1;
      else end = this.to[i];
    }
  }
  /** The first slice that begins after `t`. */
  after(t) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.from[middle] <= t) low = middle + 1; else high = middle;
    }
    return low;
  }
  /** The innermost slice at `t`, or -1. */
  at(t) {
    let i = this.after(t) - 1;
    for (let tries = 0; i >= 0 && tries < 50; i--, tries++) if (this.to[i] >= t) return i;
    return -1;
  }
}

const data = {lanes: [], rows: [], objects: [], sites: [], texts: [], marks: [], arrows: [], states: [], end: 0};

function read() {
  for (const about of dataOf("about")) {
    data.about = about;
    data.states = about.states;
    for (const [number, text] of about.marks) data.marks[number] = text;
  }
  const chunks = [];
  for (const chunk of dataOf("chunk")) {
    for (const [number, name, parent] of chunk.lanes) Object.assign(laneOf(number), {name, parent});
    for (const [number, name] of chunk.objects) data.objects[number] = {name, number};
    for (const [number, file, line, name] of chunk.sites) data.sites[number] = {file, line, name};
    for (const [number, text] of chunk.texts) data.texts[number] = text;
    for (const [number, text] of chunk.marks) data.marks[number] = text;
    chunks.push(chunk.items);
  }
  data.tail = {now: 0, dropped: 0, lost: 0, over: false, items: []};
  for (const end of dataOf("end")) { data.tail = end; chunks.push(end.items); }
  for (const n of chunks) {
    for (let at = 0; at < n.length; at += LENGTHS[n[at]]) if (n[at] === 0) laneOf(n[at + 1]).count++;
  }
  for (const lane of data.lanes) lane.allocate();
  let first = Infinity, last = data.tail.now;
  for (const n of chunks) {
    let clock = 0;
    for (let at = 0; at < n.length; at += LENGTHS[n[at]]) {
      if (n[at] === 0) {
        clock += n[at + 3];
        laneOf(n[at + 1]).add(n, at, clock);
        last = Math.max(last, clock + n[at + 4]);
      } else {
        clock += n[at + 2];
        if (n[at] === 1) data.arrows.push({from: n[at + 1], begin: clock, to: n[at + 3], end: clock + n[at + 4], starts: n[at + 5]});
        else laneOf(n[at + 1]).points.push({at: clock, mark: n[at + 3]});
      }
      first = Math.min(first, clock);
    }
  }
  for (const lane of data.lanes) { lane.order(); lane.points.sort((a, b) => a.at - b.at); }
  data.arrows.sort((a, b) => a.begin - b.begin);
  data.begin = first === Infinity ? 0 : first;
  data.end = Math.max(last, data.begin + 1);
  // Tasks beneath the thread of their loop.
  for (const lane of data.lanes) if (lane.parent === null) {
    data.rows.push(lane);
    for (const task of data.lanes) if (task.parent === lane.number) data.rows.push(task);
  }
  data.rows.forEach((lane, row) => { lane.row = row; });
}

function laneOf(number) {
  while (data.lanes.length <= number) {
    const lane = new Lane();
    lane.number = data.lanes.length;
    data.lanes.push(lane);
  }
  return data.lanes[number];
}

const kindOf = state => (data.states[state] || {kind: RUN}).kind;
const laneName = number => number > 0 && data.lanes[number - 1] ? data.lanes[number - 1].name : null;

/** What a slice shows its thread to be doing. */
function doing(lane, i) {
  const state = data.states[lane.state[i]];
  if (state.kind === "await") return "awaits " + (data.texts[lane.site[i]] || "");
  const name = state.kind === "join" ? laneName(lane.holder[i]) : (data.objects[lane.object[i] - 1] || {}).name;
  return name ? state.named.replace("\u0001", name) : state.plain;
}

function siteOf(lane, i) {
  return kindOf(lane.state[i]) === "await" ? null : data.sites[lane.site[i]];
}

// --- the picture ---------------------------------------------------------------------------------

const GUTTER = 150;
const view = {from: 0, to: 1, height: 24, selected: null, object: 0, match: null, printed: false};
let colours = {}, gutter = GUTTER, pending = false;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue("--" + name).trim();
  colours = {text: of("text"), faint: of("faint"), line: of("line"), panel: of("panel"), back: of("back"), accent: of("accent"), mark: of("mark"), bad: of("bad")};
  for (const state of data.states) colours[state.kind] = of(state.kind);
  colours[RUN] = of("run");
}

function redraw() {
  if (!pending) { pending = true; requestAnimationFrame(() => { pending = false; draw(); }); }
}

function sized(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
  }
  const paint = canvas.getContext("2d");
  paint.setTransform(ratio, 0, 0, ratio, 0, 0);
  return paint;
}

const x = t => gutter + (t - view.from) / (view.to - view.from) * (view.width - gutter);
const t = px => view.from + (px - gutter) / (view.width - gutter) * (view.to - view.from);

function draw() {
  const rows = $("rows");
  view.width = rows.clientWidth;
  gutter = view.width < 600 ? 84 : GUTTER;
  const count = data.rows.length;
  view.height = Math.max(4, Math.min(count <= 12 ? 30 : count <= 40 ? 24 : 17, 30000 / Math.max(count, 1)));
  const height = Math.max(count * view.height, 60);
  const paint = sized($("chart"), view.width, height);
  paint.clearRect(0, 0, view.width, height);
  drawAxis();
  const first = view.printed ? 0 : Math.max(0, Math.floor(rows.scrollTop / view.height) - 1);
  const last = view.printed ? count : Math.min(count, Math.ceil((rows.scrollTop + rows.clientHeight) / view.height) + 1);
  paint.save();
  paint.beginPath(); paint.rect(gutter, 0, view.width - gutter, height); paint.clip();
  for (let row = first; row < last; row++) drawLane(paint, data.rows[row], row * view.height);
  drawArrows(paint, first, last);
  for (let row = first; row < last; row++) drawMarks(paint, data.rows[row], row * view.height);
  paint.restore();
  paint.font = (view.height < 16 ? 10 : 12) + "px system-ui, 'DejaVu Sans', sans-serif";
  paint.textBaseline = "middle";
  for (let row = first; row < last; row++) {
    const lane = data.rows[row];
    if (view.height < 9) break;
    if (matches(lane)) { paint.fillStyle = colours.mark; paint.fillRect(0, row * view.height, gutter - 4, view.height); }
    paint.fillStyle = lane.parent === null ? colours.text : colours.faint;
    paint.fillText(clippedInside(paint, lane.name, gutter - 10 - (lane.parent === null ? 0 : 12)), 6 + (lane.parent === null ? 0 : 12), (row + .5) * view.height);
  }
  const shown = $("chart").dataset;
  shown.from = view.from; shown.to = view.to; shown.lanes = count; shown.events = data.rows.reduce((sum, lane) => sum + lane.count, 0);
  $("window").textContent = time(Math.min(view.to - view.from, data.end - data.begin)) + " of " + time(data.end - data.begin);
}

function clipped(paint, text, width) {
  if (paint.measureText(text).width <= width) return text;
  while (text.length > 1 && paint.measureText(text + "…").width > width) text = text.slice(0, -1);
  return text + "…";
}

/** As `clipped`, for names that differ at their ends. */
function clippedInside(paint, text, width) {
  if (paint.measureText(text).width <= width) return text;
  const end = text.slice(-5);
  let begin = text.slice(0, -5);
  while (begin.length > 1 && paint.measureText(begin + "…" + end).width > width) begin = begin.slice(0, -1);
  return begin + "…" + end;
}

const matches = lane => view.match !== null && view.match(lane.name);

function drawAxis() {
  const paint = sized($("axis"), view.width, 24);
  paint.clearRect(0, 0, view.width, 24);
  const span = view.to - view.from, least = span / Math.max(1, (view.width - gutter) / 90);
  let step = Math.pow(10, Math.floor(Math.log10(least)));
  for (const factor of [1, 2, 5, 10]) if (step * factor >= least) { step *= factor; break; }
  paint.font = "11px system-ui, 'DejaVu Sans', sans-serif"; paint.fillStyle = colours.faint; paint.textBaseline = "middle";
  paint.strokeStyle = colours.line;
  for (let at = Math.ceil((view.from - data.begin) / step) * step; at <= view.to - data.begin; at += step) {
    const px = x(at + data.begin);
    if (px < gutter) continue;
    paint.fillRect(px, 18, 1, 6);
    const label = at === 0 ? "0" : tick(at, step);
    const width = paint.measureText(label).width;
    if (px + width / 2 < view.width) paint.fillText(label, Math.max(gutter, px - width / 2), 9);
  }
}

function tick(at, step) {
  const [unit, size] = step >= 1e8 || at >= 1e10 ? ["s", 1e9] : step >= 1e5 ? ["ms", 1e6] : step >= 100 ? ["µs", 1e3] : ["ns", 1];
  return +(at / size).toFixed(step < size ? Math.ceil(Math.log10(size / step)) : 0) + " " + unit;
}

function drawLane(paint, lane, y) {
  const h = view.height, pad = h > 12 ? 3 : 1;
  paint.fillStyle = colours.line;
  paint.fillRect(gutter, y + h - 1, view.width - gutter, .5);
  let i = Math.max(0, lane.after(view.from) - 2);
  while (i > 0 && lane.inner[i]) i--;
  for (; i < lane.count && lane.from[i] <= view.to; i++) {
    if (lane.to[i] < view.from) continue;
    const left = Math.max(gutter - 2, x(lane.from[i])), right = Math.min(view.width + 2, x(lane.to[i]));
    const dim = view.object !== 0 && lane.object[i] !== view.object;
    if (right - left < .8) {
      // One pixel for all slices in it, in the colour of the state that takes most of it.
      const edge = t(Math.floor(left) + 1), wide = t(left + 1.8), sums = {};
      let next = Math.max(i + 1, lane.after(edge)), best = kindOf(lane.state[i]), hit = false;
      for (let j = i; j < next && j < i + 40; j++) {
        // One that goes on beyond the pixel is drawn by itself.
        if (j > i && lane.to[j] > wide) { next = j; break; }
        const kind = kindOf(lane.state[j]);
        sums[kind] = (sums[kind] || 0) + lane.to[j] - lane.from[j];
        if (sums[kind] > (sums[best] || 0)) best = kind;
        hit = hit || lane.object[j] === view.object;
      }
      paint.globalAlpha = view.object !== 0 && !hit ? .2 : 1;
      paint.fillStyle = colours[best];
      paint.fillRect(Math.floor(left), y + pad, 1, h - 2 * pad);
      if (next > i + 40) {
        const long = lane.to.subarray(Math.max(i + 40, next - 3), next).findIndex(to => to > wide);
        if (long >= 0) next = Math.max(i + 40, next - 3) + long;
      }
      i = next - 1;
      continue;
    }
    const kind = kindOf(lane.state[i]), inner = lane.inner[i] ? h / 4 : 0;
    paint.globalAlpha = dim ? .2 : 1;
    paint.fillStyle = colours[kind];
    paint.fillRect(left, y + pad + inner, Math.max(1, right - left - (right - left > 3 ? .6 : 0)), h - 2 * pad - inner);
    if (view.selected && view.selected.lane === lane && view.selected.index === i) {
      paint.strokeStyle = colours.accent; paint.lineWidth = 2;
      paint.strokeRect(left + 1, y + pad, Math.max(2, right - left - 2), h - 2 * pad);
    }
    if (right - left > 50 && h >= 16 && kind !== RUN) {
      paint.fillStyle = contrast(colours[kind]); paint.font = "11px system-ui, 'DejaVu Sans', sans-serif"; paint.textBaseline = "middle";
      const begin = Math.max(left, gutter);
      paint.fillText(clipped(paint, doing(lane, i), right - begin - 8), begin + 4, y + h / 2 + inner / 2);
    }
  }
  paint.globalAlpha = 1;
}

/** That a thread begins or ends is said faintly; signals and exceptions are not. */
const isFaint = mark => data.marks[mark] === "begins" || data.marks[mark] === "ends";

/** The index of the first mark of the lane at `t` or later. */
function firstMark(lane, t) {
  let low = 0, high = lane.points.length;
  while (low < high) { const middle = (low + high) >> 1; if (lane.points[middle].at < t) low = middle + 1; else high = middle; }
  return low;
}

function drawMarks(paint, lane, y) {
  const size = Math.max(2, Math.min(5, view.height / 4));
  let before = -Infinity;
  for (let i = firstMark(lane, view.from); i < lane.points.length && lane.points[i].at <= view.to; i++) {
    const {at, mark} = lane.points[i], faint = isFaint(mark), px = x(at);
    if (faint && px - before < 1) continue;
    before = px;
    paint.fillStyle = faint ? colours.faint : colours.bad;
    paint.strokeStyle = colours.back; paint.lineWidth = 1;
    paint.beginPath();
    paint.moveTo(px, y + 2 * size); paint.lineTo(px - size, y); paint.lineTo(px + size, y); paint.closePath();
    paint.fill();
    if (!faint) paint.stroke();
  }
}

/** What the marks of a lane from one moment to another say. */
function marksOf(lane, from, to) {
  const said = [];
  for (let i = firstMark(lane, from); i < lane.points.length && lane.points[i].at <= to && said.length < 6; i++) said.push(data.marks[lane.points[i].mark]);
  return said.length > 5 ? said.slice(0, 5).join("; ") + "; ..." : said.join("; ");
}

function contrast(colour) {
  const n = parseInt(colour.slice(1), 16);
  return (n >> 16) * .3 + ((n >> 8) & 255) * .59 + (n & 255) * .11 > 140 ? "#15181d" : "#ffffff";
}

const MOST_ARROWS = 300;
function drawArrows(paint, first, last) {
  let visible = [];
  if (view.selected) {
    const {lane, index} = view.selected;
    visible = data.arrows.filter(arrow => isOf(arrow, lane, index));
  } else {
    let low = 0, high = data.arrows.length;
    while (low < high) { const middle = (low + high) >> 1; if (data.arrows[middle].begin < view.from) low = middle + 1; else high = middle; }
    for (let i = low; i < data.arrows.length && data.arrows[i].begin <= view.to; i++) {
      visible.push(data.arrows[i]);
      if (visible.length > MOST_ARROWS) return;
    }
  }
  paint.lineWidth = 1.2;
  for (const arrow of visible) {
    const from = data.lanes[arrow.from], to = data.lanes[arrow.to];
    if (Math.max(from.row, to.row) < first || Math.min(from.row, to.row) >= last) continue;
    const x0 = x(arrow.begin), x1 = x(arrow.end), down = to.row > from.row;
    const y0 = (from.row + (down ? .85 : .15)) * view.height, y1 = (to.row + (down ? .15 : .85)) * view.height;
    paint.strokeStyle = paint.fillStyle = colours.text;
    paint.globalAlpha = view.selected ? 1 : .55;
    paint.beginPath(); paint.moveTo(x0, y0);
    paint.bezierCurveTo(x0 + 6, (y0 + y1) / 2, x1 - 6, (y0 + y1) / 2, x1, y1);
    paint.stroke();
    const s = down ? -1 : 1;
    paint.beginPath(); paint.moveTo(x1, y1); paint.lineTo(x1 - 3, y1 + 5 * s); paint.lineTo(x1 + 3, y1 + 5 * s); paint.fill();
  }
  paint.globalAlpha = 1;
}

/** Whether the arrow ends a wait that the slice is, or begins in it. */
function isOf(arrow, lane, index) {
  const from = lane.from[index], to = lane.to[index];
  return (arrow.to === lane.number && arrow.end >= from && arrow.begin <= to && (arrow.begin >= from || arrow.end === from || kindOf(lane.state[index]) !== RUN))
    || (arrow.from === lane.number && arrow.begin >= from && arrow.begin <= to && kindOf(lane.state[index]) === RUN);
}

// --- moving --------------------------------------------------------------------------------------

function show(from, to) {
  const whole = data.end - data.begin, margin = whole * .02;
  const span = Math.max(50, Math.min(to - from, whole + 2 * margin));
  const begin = Math.max(data.begin - margin, Math.min(from, data.end + margin - span));
  view.from = begin; view.to = begin + span;
  redraw();
}
function zoom(factor, px) {
  const at = t(px === undefined ? (gutter + view.width) / 2 : px);
  show(at - (at - view.from) * factor, at + (view.to - at) * factor);
}
const pan = share => { const by = (view.to - view.from) * share; show(view.from + by, view.to + by); };
const fit = () => show(data.begin - 1, data.end + (data.end - data.begin) * .01);

function moved(pointers, rows) {
  const points = new Map();
  let start = null, dragged = false;
  const place = event => event.clientX - rows.getBoundingClientRect().left;
  rows.addEventListener("pointerdown", event => {
    points.set(event.pointerId, place(event));
    dragged = false;
    start = {px: place(event), from: view.from, to: view.to};
    tip.hidden = true;
  });
  rows.addEventListener("pointermove", event => {
    if (!points.has(event.pointerId)) { hover(event); return; }
    const before = [...points.values()];
    points.set(event.pointerId, place(event));
    const now = [...points.values()];
    if (now.length === 1) {
      if (!dragged && Math.abs(now[0] - start.px) < 4) return;
      if (!dragged) rows.setPointerCapture(event.pointerId);
      dragged = true;
      const by = (start.px - now[0]) / (view.width - gutter) * (start.to - start.from);
      show(start.from + by, start.to + by);
    } else if (now.length === 2) {
      dragged = true;
      const factor = Math.abs(before[0] - before[1]) / Math.max(8, Math.abs(now[0] - now[1]));
      zoom(factor, (now[0] + now[1]) / 2);
    }
  });
  const up = event => {
    points.delete(event.pointerId);
    start = {px: place(event), from: view.from, to: view.to};
  };
  rows.addEventListener("pointerup", event => { const was = dragged; up(event); if (!was) click(event); });
  rows.addEventListener("pointercancel", up);
  rows.addEventListener("pointerleave", () => { tip.hidden = true; });
  rows.addEventListener("dblclick", event => zoom(.4, place(event)));
  rows.addEventListener("wheel", event => {
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); zoom(Math.pow(1.0015, event.deltaY), place(event)); }
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) { event.preventDefault(); pan((event.deltaX || event.deltaY) / 800); }
  }, {passive: false});
  rows.addEventListener("scroll", redraw);
  rows.addEventListener("keydown", event => {
    const keys = {ArrowLeft: () => pan(-.15), ArrowRight: () => pan(.15), a: () => pan(-.15), d: () => pan(.15), "+": () => zoom(.6), "=": () => zoom(.6), w: () => zoom(.6), "-": () => zoom(1.6), s: () => zoom(1.6), "0": fit, n: () => step(1), p: () => step(-1), Escape: () => select(null)};
    if (view.selected) Object.assign(keys, {ArrowUp: () => stepLane(-1), ArrowDown: () => stepLane(1)});
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); keys[event.key](); }
  });
}

function hit(event) {
  const box = $("chart").getBoundingClientRect();
  const lane = data.rows[Math.floor((event.clientY - box.top) / view.height)], px = event.clientX - box.left;
  if (!lane || px < gutter) return null;
  for (const off of [0, 1, -1, 2, -2, 3, -3]) {
    const index = lane.at(t(px + off));
    if (index >= 0) return {lane, index};
  }
  return null;
}

let tip;
function hover(event) {
  const found = hit(event);
  tip.hidden = !found;
  if (!found) return;
  const {lane, index} = found, site = siteOf(lane, index), at = event.clientX - $("chart").getBoundingClientRect().left;
  const marks = marksOf(lane, t(at - 5), t(at + 5));
  tip.replaceChildren(
    ...(marks ? [el("strong", {}, marks), el("br")] : []),
    el("strong", {}, lane.name), " " + doing(lane, index), el("br"),
    time(lane.to[index] - lane.from[index]) + (site ? ` at ${baseName(site.file)}:${site.line} in ${site.name}` : ""));
  const width = tip.offsetWidth;
  tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8)) + "px";
  tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
}

function click(event) {
  $("rows").focus({preventScroll: true});
  select(hit(event));
}

function step(by) {
  if (!view.selected) { const lane = data.rows.find(lane => lane.count); if (lane) select({lane, index: 0}, true); return; }
  const {lane, index} = view.selected, next = index + by;
  if (next >= 0 && next < lane.count) select({lane, index: next}, true);
}

/** To the next lane that has slices, at the same time. */
function stepLane(by) {
  const {lane, index} = view.selected, middle = (Math.max(lane.from[index], view.from) + Math.min(lane.to[index], view.to)) / 2;
  let row = lane.row + by;
  while (data.rows[row] && !data.rows[row].count) row += by;
  const next = data.rows[row];
  if (next) select({lane: next, index: Math.max(0, Math.min(next.after(middle) - 1, next.count - 1))}, true);
}

// --- beside the picture --------------------------------------------------------------------------

function goTo(lane, index) {
  const from = lane.from[index], to = lane.to[index], span = Math.max((to - from) * 4, 20000);
  if (from < view.from || to > view.to || (to - from) / (view.to - view.from) < .02) {
    const middle = (from + to) / 2;
    show(middle - span / 2, middle + span / 2);
  }
  const rows = $("rows"), top = lane.row * view.height;
  if (top < rows.scrollTop || top + view.height > rows.scrollTop + rows.clientHeight) rows.scrollTop = top - rows.clientHeight / 2;
}

function link(text, action) { return el("button", {class: "link", onclick: action}, text); }

function laneLink(number) {
  const lane = data.lanes[number - 1];
  return lane ? link(lane.name, () => { const middle = view.selected ? view.selected.lane.to[view.selected.index] : view.from; const index = Math.max(0, lane.at(middle)); if (lane.count) select({lane, index}, true); }) : "?";
}

function select(found, move) {
  view.selected = found;
  const panel = $("details");
  panel.replaceChildren(el("h2", {}, "Details"));
  if (!found) { panel.append(el("p", {class: "faint"}, "Click a slice.")); redraw(); return; }
  const {lane, index} = found, site = siteOf(lane, index), list = el("dl");
  const row = (name, ...value) => list.append(el("dt", {}, name), el("dd", {}, ...value));
  row("thread", lane.name);
  row("does", doing(lane, index));
  row("from", time(lane.from[index] - data.begin));
  row("for", time(lane.to[index] - lane.from[index]) + (lane.flags[index] & 1 ? " (its timeout ended it)" : ""));
  if (site) row("at", el("span", {class: "code", title: site.file}, `${baseName(site.file)}:${site.line}`), " in ", el("span", {class: "code"}, site.name));
  const object = data.objects[lane.object[index] - 1];
  if (object) row("for what", link(object.name, () => showObject(object.number + 1)));
  const kind = kindOf(lane.state[index]);
  if (lane.holder[index]) row(kind === "join" ? "the end of" : "held by", laneLink(lane.holder[index]));
  if (lane.by[index]) row("woken by", laneLink(lane.by[index]));
  const woken = data.arrows.filter(arrow => arrow.from === lane.number && kind === RUN && arrow.begin >= lane.from[index] && arrow.begin <= lane.to[index]);
  if (woken.length) row("wakes", ...woken.slice(0, 12).flatMap((arrow, i) => [i ? ", " : "", laneLink(arrow.to + 1)]), woken.length > 12 ? ` and ${woken.length - 12} more` : "");
  const marks = marksOf(lane, lane.from[index], lane.to[index]);
  if (marks) row("here", marks);
  panel.append(list);
  if (move) goTo(lane, index);
  redraw();
}

function showObject(number) {
  view.object = view.object === number ? 0 : number;
  const object = data.objects[number - 1];
  $("found").replaceChildren(...(view.object ? [el("span", {}, "Waits for " + object.name + " only"), el("button", {onclick: () => showObject(number)}, "Show all")] : []));
  redraw();
}

const NO_WAIT = new Set([RUN, "turn", "start", "sleep", "foreign", "await"]);

function tables() {
  const longest = [], objects = new Map(), totals = new Map();
  let least = 0;
  for (const lane of data.rows) for (let i = 0; i < lane.count; i++) {
    const kind = kindOf(lane.state[i]), lasted = lane.to[i] - lane.from[i];
    totals.set(kind, (totals.get(kind) || 0) + lasted);
    if (NO_WAIT.has(kind)) continue;
    if (lasted > least || longest.length < 15) {
      longest.push({lane, index: i, lasted});
      if (longest.length > 400) { longest.sort((a, b) => b.lasted - a.lasted); longest.length = 15; least = longest[14].lasted; }
    }
    const number = lane.object[i];
    if (!number) continue;
    let entry = objects.get(number);
    if (!entry) objects.set(number, entry = {number, total: 0, count: 0, sites: new Map(), holders: new Map()});
    entry.total += lasted; entry.count++;
    const more = (map, key) => map.set(key, (map.get(key) || 0) + 1);
    // One line may be several sites: one for each object that is waited for there.
    const site = data.sites[lane.site[i]];
    if (site) more(entry.sites, `${baseName(site.file)}:${site.line}`);
    if (lane.holder[i]) more(entry.holders, lane.holder[i]);
  }
  longest.sort((a, b) => b.lasted - a.lasted);
  const number = (text, head) => el(head ? "th" : "td", {class: "number"}, text);
  $("longest").replaceChildren(
    el("tr", {}, number("for", true), el("th", {}, "thread"), el("th", {}, "waits")),
    ...longest.slice(0, 15).map(({lane, index, lasted}) => {
      const site = siteOf(lane, index);
      return el("tr", {}, number(time(lasted)), el("td", {}, lane.name),
        el("td", {}, link(doing(lane, index).replace(/^waits for /, "for "), () => select({lane, index}, true)), site ? el("span", {class: "faint"}, ` ${baseName(site.file)}:${site.line}`) : ""));
    }));
  const most = map => [...map].sort((a, b) => b[1] - a[1]);
  $("contended").replaceChildren(
    el("tr", {}, number("waited", true), number("times", true), el("th", {}, "for")),
    ...[...objects.values()].sort((a, b) => b.total - a.total).slice(0, 15).map(entry => {
      const sites = most(entry.sites).slice(0, 3).map(([line]) => line);
      const holder = most(entry.holders)[0];
      const held = holder ? `; held by ${laneName(holder[0])}` + (entry.holders.size > 1 ? ` and ${entry.holders.size - 1} more` : "") : "";
      return el("tr", {}, number(time(entry.total)), number(String(entry.count)),
        el("td", {}, link(data.objects[entry.number - 1].name, () => showObject(entry.number)), el("span", {class: "faint"}, (sites.length ? " at " + sites.join(", ") : "") + held)));
    }));
  if (!objects.size) $("contended").replaceChildren(el("tr", {}, el("td", {class: "faint"}, "No thread waited for a lock, a queue or the like.")));
  $("legend").replaceChildren(...[...totals].sort((a, b) => b[1] - a[1]).map(([kind, total]) => {
    const state = data.states.find(state => state.kind === kind);
    const word = kind === "queue" ? "waits for a queue" : state.plain;
    const swatch = el("span", {class: "swatch"});
    swatch.style.background = `var(--${kind})`;
    return el("span", {}, swatch, `${word}: ${time(total)}`);
  }));
}

function find(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) { view.match = null; $("found").replaceChildren(); redraw(); return; }
  view.match = name => name.toLowerCase().includes(wanted);
  const lanes = data.rows.filter(matches), objects = data.objects.filter(object => object && view.match(object.name));
  const sites = [];
  data.sites.forEach((site, number) => { if (site && (view.match(site.name) || view.match(site.file))) sites.push(number); });
  const wantedMarks = new Set();
  data.marks.forEach((text, mark) => { if (text && view.match(text)) wantedMarks.add(mark); });
  const marks = wantedMarks.size ? data.rows.flatMap(lane => lane.points.filter(point => wantedMarks.has(point.mark)).slice(0, 5).map(point => ({lane, point}))) : [];
  const found = [
    ...lanes.slice(0, 8).map(lane => el("button", {onclick: () => select({lane, index: 0}, true)}, lane.name)),
    ...objects.slice(0, 8).map(object => el("button", {onclick: () => showObject(object.number + 1)}, object.name)),
    ...marks.slice(0, 4).map(({lane, point}) => el("button", {onclick: () => showMark(lane, point)}, `${data.marks[point.mark]} (${lane.name})`)),
    ...sites.slice(0, 4).map(number => el("button", {onclick: () => firstAt(number)}, `${data.sites[number].name} (${baseName(data.sites[number].file)}:${data.sites[number].line})`)),
  ];
  const count = lanes.length + objects.length + sites.length + marks.length;
  $("found").replaceChildren(...found, el("span", {class: "faint"}, count === 0 ? "Nothing has that name." : count > found.length ? `and ${count - found.length} more` : ""));
  redraw();
}

function showMark(lane, {at}) {
  if (!lane.count) return;
  const index = lane.at(at) >= 0 ? lane.at(at) : Math.max(0, lane.after(at) - 1);
  select({lane, index}, true);
  show(at - (view.to - view.from) / 2, at + (view.to - view.from) / 2);
}

function firstAt(number) {
  for (const lane of data.rows) {
    const index = lane.site.findIndex((site, i) => site === number && kindOf(lane.state[i]) !== "await");
    if (index >= 0) { select({lane, index}, true); return; }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const began = performance.now();
  read();
  const {about, tail} = data;
  $("title").textContent = about.title;
  const threads = data.rows.filter(lane => lane.parent === null).length, tasks = data.rows.length - threads;
  const said = [`${threads} thread${threads === 1 ? "" : "s"}` + (tasks ? `, ${tasks} task${tasks === 1 ? "" : "s"}` : ""), time(data.end - data.begin)];
  if (about.virtual) said.push("the time is the virtual clock's and the time in which the program computed");
  if (tail.dropped) said.push(`the oldest ${tail.dropped} events were dropped`);
  if (tail.lost) said.push(`${tail.lost} events were lost: they came faster than they could be read`);
  if (!tail.over) said.push("the program had not ended when this was written");
  $("about").textContent = said.join(" · ");
  tip = $("tip");
  tables();
  $("rows").scrollTop = 0;
  view.width = $("rows").clientWidth;
  view.from = data.begin; view.to = data.end;
  beginTheme($("theme"), printed => {
    view.printed = printed;
    readColours();
    if (printed) draw(); else redraw();
  });
  fit();
  moved(null, $("rows"));
  $("in").addEventListener("click", () => zoom(.5));
  $("out").addEventListener("click", () => zoom(2));
  $("fit").addEventListener("click", fit);
  $("search").addEventListener("input", event => find(event.target.value));
  $("search").addEventListener("keydown", event => { if (event.key === "Enter") { const first = $("found").querySelector("button"); if (first) first.click(); } });
  addEventListener("resize", redraw);
  draw();
  document.body.dataset.ready = Math.round(performance.now() - began);
});
