// The timeline of one run: a lane for each thread, a bar for each operation, marks for faults and
// deaths. Zoom by wheel, pinch, buttons and keys; every operation can be reached without a mouse.
const LEGEND = {
  wait: "wait, took its object", abandoned: "wait, told of a dead owner", timeout: "wait, ran out of time",
  alerted: "ended by procedure calls",
  call: "other call", failed: "failed", pending: "no response", stuck: "stuck",
};
const HINT = ["Drag to move; click, then turn the wheel to zoom.", "With the keyboard: arrows step through operations, + and − zoom, 0 shows the whole run."];
const LEAST = 50;

function makeTimeline(host, data, ops, words) {
  const model = timelineModel(data, ops, words), { lanes, witness, full } = model;
  const view = { t0: full[0], t1: full[1], picked: -1 };
  const el = (tag, name = "", text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });
  const canvas = el("canvas"), tip = el("div", "tip"), chosen = el("div", "chosen"), bar = el("div", "bar"), range = el("output"), under = el("div", "under");
  let painter = null, step = -1, queued = false;

  function draw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      painter.paint();
    });
  }
  function show(from, to) {
    const span = Math.min(Math.max(to - from, LEAST), full[1] - full[0]);
    view.t0 = Math.min(Math.max((from + to - span) / 2, full[0]), full[1] - span);
    view.t1 = view.t0 + span;
    const [begin, end] = [Math.max(view.t0, 0), Math.min(view.t1, model.last)].map((time) => momentWords(time, view.t1, span / 200));
    range.textContent = `${begin} to ${end}`;
    tip.hidden = true;
    draw();
  }
  function zoom(factor, at = (view.t0 + view.t1) / 2) {
    const before = view.t1 - view.t0, span = Math.min(Math.max(before * factor, LEAST), full[1] - full[0]);
    const from = at - (span * (at - view.t0)) / before;
    show(from, from + span);
  }
  const pan = (pixels) => show(view.t0 + pixels * painter.perPixel(), view.t1 + pixels * painter.perPixel());
  const center = (time) => show(time - (view.t1 - view.t0) / 2, time + (view.t1 - view.t0) / 2);

  const fill = (target, [first, ...rest]) => {
    const head = el("div");
    head.append(el("b", "", first));
    target.replaceChildren(head, ...rest.map((text) => el("div", "", text)));
  };
  function pick(i) {
    view.picked = i;
    tip.hidden = true;
    draw();
    if (i < 0) return chosen.replaceChildren(...HINT.map((text) => el("div", "dim", text)));
    const [first, ...rest] = model.describe(i);
    fill(chosen, [first, rest.join(" · ")]);
    if (ops.end[i] < view.t0 || ops.start[i] > view.t1) center(ops.start[i]);
  }
  function showWitness(n) {
    if (!witness.length) return;
    step = (n + witness.length) % witness.length;
    const from = Math.min(...witness.map((i) => ops.start[i]));
    const to = Math.max(...witness.map((i) => model.open(i) ? ops.start[i] : ops.end[i]));
    const room = Math.max((to - from) * 0.2, 2000);
    show(from - room, to + room);
    pick(witness[step]);
  }

  // What is at a point: an operation, or a mark. A witness wins over its neighbours.
  function at(x, y) {
    if (!painter.inPlot(x)) return null;
    for (const process of model.processes) {
      if (y < process.top - 9 || y > process.bottom) continue;
      const mark = process.marks.find((each) => Math.abs(painter.X(each.at) - x) < 4);
      if (mark) return { op: -1, lines: [mark.words, `${process.name}, at ${timeWords(mark.at)}`] };
    }
    const lane = lanes.find((each) => y >= each.y && y < each.y + model.laneHeight);
    if (!lane) return null;
    let op = -1, nearest = 5;
    for (let i = model.lowerBound(lane, painter.T(x - 5)); i < lane.to && painter.X(ops.start[i]) < x + 5; i++) {
      const away = Math.max(painter.X(ops.start[i]) - x, x - painter.X(ops.end[i]), 0) - (model.numbers.has(i) ? 4 : 0);
      if (away < nearest) op = i, nearest = away;
    }
    return op < 0 ? null : { op, lines: model.describe(op) };
  }
  function hover(x, y) {
    const found = at(x, y);
    tip.hidden = !found;
    if (!found) return;
    fill(tip, found.lines);
    tip.style.left = Math.max(Math.min(x + 14, painter.width() - tip.offsetWidth - 4), 4) + "px";
    tip.style.top = (y + tip.offsetHeight > model.height + 40 ? y - tip.offsetHeight - 10 : y + 18) + "px";
  }

  const pointers = new Map();
  let moved = false, scrubbing = false;
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    moved = false;
    scrubbing = event.offsetY > model.height - FOOT;
    if (scrubbing) center(painter.overviewT(event.offsetX));
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId), x = event.offsetX;
    if (!before) return void (event.pointerType !== "touch" && hover(x, event.offsetY));
    if (scrubbing) return center(painter.overviewT(x));
    if (pointers.size > 1) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      zoom(Math.max(Math.abs(before.x - other.x), 8) / Math.max(Math.abs(x - other.x), 8), painter.T((x + other.x) / 2));
    } else if (!moved && Math.abs(x - before.x) < 4) {
      return;
    } else {
      pan(before.x - x);
    }
    moved = true;
    before.x = x;
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => {
      const pressed = pointers.delete(event.pointerId);
      if (pressed && !moved && !scrubbing && type === "pointerup") pick(at(event.offsetX, event.offsetY)?.op ?? -1);
      if (!pointers.size) scrubbing = false;
    });
  }
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  // Scrolling past must not zoom: the wheel belongs to the timeline once it was clicked.
  canvas.addEventListener("wheel", (event) => {
    const pinch = event.ctrlKey || event.metaKey, sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!pinch && !sideways && document.activeElement !== canvas) return;
    event.preventDefault();
    if (sideways) pan(event.deltaX || event.deltaY);
    else zoom(Math.exp(event.deltaY * (pinch ? 0.01 : 0.002)), painter.T(event.offsetX));
  }, { passive: false });

  function stepOperation(by) {
    if (!ops.count) return;
    if (view.picked < 0) return pick(witness[0] ?? 0);
    const next = view.picked + by, lane = lanes[model.laneOf[view.picked]];
    if (next >= lane.from && next < lane.to) pick(next);
  }
  function stepLane(by) {
    if (view.picked < 0) return stepOperation(0);
    for (let l = model.laneOf[view.picked] + by; lanes[l]; l += by) {
      if (lanes[l].to > lanes[l].from) return pick(Math.min(model.lowerBound(lanes[l], ops.start[view.picked]), lanes[l].to - 1));
    }
  }
  const whole = () => show(...full), closer = () => zoom(0.6), farther = () => zoom(1 / 0.6);
  const keys = {
    "+": closer, "=": closer, "-": farther, 0: whole, Home: whole, w: () => showWitness(step + 1), Escape: () => pick(-1),
    ArrowLeft: (shift) => shift ? pan(-90) : stepOperation(-1), ArrowRight: (shift) => shift ? pan(90) : stepOperation(1),
    ArrowUp: () => stepLane(-1), ArrowDown: () => stepLane(1),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](event.shiftKey);
  });

  const button = (text, label, act) => {
    const made = Object.assign(el("button", "", text), { type: "button", title: label, ariaLabel: label });
    made.addEventListener("click", act);
    bar.append(made);
  };
  bar.append(el("h3", "", "Timeline"), range);
  if (witness.length) button("Witness", "Show the next operation of the witness", keys.w);
  button("−", "Zoom out", farther);
  button("+", "Zoom in", closer);
  button("Whole run", "Show the whole run", whole);

  const legend = (text, color, shape) => {
    const entry = el("span", shape, text);
    entry.style.setProperty("--swatch", color);
    under.append(entry);
  };
  const used = new Set(model.cls);
  for (const name in LEGEND) {
    const c = CLASSES.indexOf(name);
    if (used.has(c)) legend(LEGEND[name], `var(--${name})`, c >= PENDING ? "hatched" : "");
  }
  if (ops.slept.includes(2)) legend("asleep", "color-mix(in srgb, var(--wait) 36%, transparent)", "");
  for (const object of model.mutexes.slice(0, HOLD_COLORS.length)) {
    if (lanes.some((lane) => lane.holds.some((hold) => hold.object === object))) legend(`holds ${data.objects[object][1]}`, HOLD_COLORS[model.mutexes.indexOf(object)], "strip");
  }
  const marks = model.processes.flatMap((process) => process.marks);
  if (marks.some((mark) => mark.death)) legend("death", "var(--death)", "line");
  if (marks.some((mark) => !mark.death)) legend("fault", "var(--fault)", "line");
  if (witness.length) legend("witness", "var(--ink)", "ring");

  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.ariaLabel = `Timeline of ${lanes.length} threads and ${ops.count} operations. Arrow keys step through the operations, plus and minus zoom, 0 shows the whole run, w goes to the witness.`;
  chosen.setAttribute("aria-live", "polite");
  tip.hidden = true;
  host.append(canvas, tip);
  host.before(bar);
  host.after(under, chosen);
  painter = timelinePainter(canvas, model, view);
  const fit = () => {
    if (!host.clientWidth || host.clientWidth === painter.width()) return;
    painter.resize(host.clientWidth);
    draw();
  };
  new ResizeObserver(fit).observe(host);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { painter.recolor(); draw(); });
  fit();
  pick(-1);
  show(...full);
  showWitness(0);
  return {
    show(lane, sequence) {
      const i = model.find({ lane, sequence }), n = witness.indexOf(i);
      if (n >= 0) showWitness(n); else if (i >= 0) pick(i);
      canvas.scrollIntoView({ block: "nearest" });
    },
  };
}
