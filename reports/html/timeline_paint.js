// Draws a timeline's model as its view wants it: t0 to t1 in nanoseconds, `picked` an operation.
const HOLD_COLORS = ["#7a5cc8", "#1f9e9a", "#c8832b", "#4a9e3f", "#c4558a", "#5876c9"];
const FONT = "px system-ui, sans-serif";

function timelinePainter(canvas, model, view) {
  const g = canvas.getContext("2d"), { ops, cls, lanes, processes } = model, colors = {};
  let width = 0, gutter = 0;
  const X = (time) => gutter + ((time - view.t0) / (view.t1 - view.t0)) * (width - gutter);
  const inView = (x) => Math.min(Math.max(x, gutter), width);
  const holdColor = (object) => HOLD_COLORS[model.mutexes.indexOf(object) % HOLD_COLORS.length];
  const font = (size, weight = "") => { g.font = weight + " " + size + FONT; };
  const box = (color, x, y, w, h) => { g.fillStyle = color; g.fillRect(x, y, w, h); };
  const line = (color, thick, x0, y0, x1, y1) => {
    g.strokeStyle = color;
    g.lineWidth = thick;
    g.beginPath(), g.moveTo(x0, y0), g.lineTo(x1, y1), g.stroke();
  };
  function fitText(text, x, y, room) {
    if (g.measureText(text).width > room) {
      while (text && g.measureText(text + "…").width > room) text = text.slice(0, -1);
      text = text && text + "…";
    }
    g.fillText(text, x, y);
  }

  function recolor() {
    const style = getComputedStyle(canvas);
    for (const name of [...CLASSES, "card", "ink", "dim", "band", "after", "grid", "death", "fault", "on-bar", "accent"]) {
      colors[name] = style.getPropertyValue("--" + name).trim();
    }
    for (const name of ["pending", "stuck", "after"]) {
      const tile = document.createElement("canvas"), t = tile.getContext("2d");
      tile.width = tile.height = 6;
      t.strokeStyle = colors[name];
      t.lineWidth = name === "after" ? 1 : 2;
      for (const shift of [-6, 0, 6]) t.beginPath(), t.moveTo(shift - 1, 7), t.lineTo(shift + 7, -1), t.stroke();
      colors[name + "Hatch"] = g.createPattern(tile, "repeat");
    }
  }
  function resize(toWidth) {
    const ratio = Math.min(devicePixelRatio || 1, 16000 / model.height);
    width = toWidth;
    canvas.style.height = model.height + "px";
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(model.height * ratio);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    font(12, "600");
    const labels = [...lanes.map((lane) => lane.label), ...processes.filter((p) => p.headline).map((p) => p.name)];
    gutter = Math.round(Math.min(Math.max(...labels.map((label) => g.measureText(label).width + 28)), 190, width * 0.3));
    recolor();
  }

  function paintBar(i, left, right, y, h) {
    const color = colors[CLASSES[cls[i]]], asleep = ops.slept[i] === 2 && !model.open(i) && right - left > 6;
    if (model.open(i)) {
      box(colors[CLASSES[cls[i]] + "Hatch"], left, y, right - left, h);
      box(color, left, y, 2, h);
    } else if (asleep) {
      g.globalAlpha = 0.36;
      box(color, left, y, right - left, h);
      g.globalAlpha = 1;
      box(color, right - 3, y, 3, h);
    } else {
      box(color, left, y, Math.max(right - left - 0.5, 1), h);
    }
    const from = Math.max(left, gutter), room = right - from - 12;
    if (h < 12 || room < 22) return;
    const what = ["queue_call", "sleep"].includes(model.words.kinds[ops.kind[i]]) ? "" : " " + model.objects[ops.object[i]][1];
    const text = model.words.verbs[ops.kind[i]] + what;
    font(11);
    if (model.open(i)) box(colors.card, from + 4, y + 2, Math.min(g.measureText(text).width, room) + 6, h - 4);
    g.fillStyle = model.open(i) || asleep || CLASSES[cls[i]] === "timeout" ? colors.ink : colors["on-bar"];
    fitText(text, from + 7, y + h / 2 + 0.5, room);
  }
  function paintLane(lane) {
    const y = lane.y + 2, h = model.laneHeight - 4, stops = inView(X(lane.stops));
    box(colors.band, gutter, y, stops - gutter, h);
    if (lane.ended !== null || processes[lane.process].died !== null) box(colors.afterHatch, stops, y, width - stops, h);
    // Bars of less than a pixel share it; the worst of them is shown.
    let pixel = -1, worst = 0;
    const flush = () => {
      if (pixel >= 0) box(colors[CLASSES[worst]], pixel, y, 1.5, h);
      pixel = -1;
    };
    for (let i = model.lowerBound(lane, view.t0); i < lane.to && ops.start[i] <= view.t1; i++) {
      const left = Math.max(X(ops.start[i]), gutter - 4), right = Math.min(X(ops.end[i]), width + 4);
      if (right - left >= 1.5) {
        flush();
        paintBar(i, left, right, y, h);
        continue;
      }
      if (Math.floor(left) !== pixel) flush(), pixel = Math.floor(left), worst = 0;
      worst = Math.max(worst, cls[i]);
    }
    flush();
    for (const hold of lane.holds) {
      if (hold.to < view.t0 || hold.from > view.t1) continue;
      const from = inView(X(hold.from));
      box(holdColor(hold.object), from, y + h - 1, Math.max(inView(X(hold.to)) - from, 1), 3);
    }
  }
  function paintRing(i, color) {
    if (ops.end[i] < view.t0 || ops.start[i] > view.t1) return;
    const lane = lanes[model.laneOf[i]], left = Math.max(X(ops.start[i]), gutter) - 2;
    const right = Math.max(Math.min(X(ops.end[i]), width - 2) + 2, left + 5);
    g.strokeStyle = color;
    g.lineWidth = 2;
    g.strokeRect(left, lane.y + 1, right - left, model.laneHeight - 2);
    if (!model.numbers.has(i)) return;
    g.fillStyle = colors.ink;
    g.beginPath(), g.arc(left, lane.y + 1, 8, 0, 7), g.fill();
    g.fillStyle = colors.card;
    font(10, "600");
    g.textAlign = "center";
    g.fillText(model.numbers.get(i), left, lane.y + 1.5);
    g.textAlign = "left";
  }
  function paintMark(process, mark) {
    const x = X(mark.at), y = process.top - 3, color = mark.death ? colors.death : colors.fault;
    if (x < gutter - 6 || x > width + 6) return;
    g.setLineDash(mark.death ? [] : [3, 3]);
    line(color, 2, x, y, x, process.bottom);
    g.setLineDash([]);
    if (mark.death) {
      for (const s of [-4, 4]) line(color, 2, x - 4, y - s, x + 4, y + s);
    } else {
      g.fillStyle = color;
      g.beginPath(), g.moveTo(x - 5, y - 4), g.lineTo(x + 5, y - 4), g.lineTo(x, y + 3), g.fill();
    }
  }
  function paintAxis() {
    const rough = (view.t1 - view.t0) / Math.max((width - gutter) / 110, 2), power = 10 ** Math.floor(Math.log10(rough));
    const stride = [1, 2, 5, 10].find((n) => n * power >= rough) * power, most = Math.max(view.t1, stride);
    font(11);
    for (let n = Math.ceil(Math.max(view.t0, 0) / stride); n * stride <= view.t1; n++) {
      const x = Math.round(X(n * stride)) + 0.5, text = momentWords(n * stride, most, stride);
      line(colors.grid, 1, x, TOP - 4, x, model.height - FOOT - 4);
      g.fillStyle = colors.dim;
      if (x + g.measureText(text).width + 8 < width) g.fillText(text, x + 4, 12);
    }
  }
  // The strip at the foot shows the whole run, and which part of it is in view.
  function paintOverview() {
    const y = model.height - FOOT + 3, h = FOOT - 11, [from, to] = model.full;
    const over = (time) => gutter + ((time - from) / (to - from)) * (width - gutter - 8);
    box(colors.band, gutter, y, width - gutter - 8, h);
    for (const process of processes) if (process.died !== null) box(colors.death, over(process.died) - 1, y, 2, h);
    for (const i of model.witness) box(colors.ink, over(ops.start[i]) - 1, y, 2, h);
    g.strokeStyle = colors.accent;
    g.lineWidth = 1.5;
    g.strokeRect(over(view.t0), y - 1.5, Math.max(over(view.t1) - over(view.t0), 3), h + 3);
  }
  function paintLabels() {
    box(colors.card, 0, TOP, gutter, model.height);
    g.fillStyle = colors.ink;
    font(12, "600");
    for (const process of processes) if (process.headline) fitText(process.name, 12, process.top + 8, gutter - 18);
    for (const lane of lanes) {
      const below = processes[lane.process].headline;
      font(model.dense ? 10 : 12, below ? "" : "600");
      g.fillStyle = below ? colors.dim : colors.ink;
      fitText(lane.label, below ? 22 : 12, lane.y + model.laneHeight / 2 + 0.5, gutter - (below ? 28 : 18));
    }
  }
  function paint() {
    box(colors.card, 0, 0, width, model.height);
    g.textBaseline = "middle";
    paintAxis();
    g.save();
    g.beginPath(), g.rect(gutter, 0, width - gutter, model.height - FOOT), g.clip();
    for (const lane of lanes) paintLane(lane);
    for (const process of processes) for (const mark of process.marks) paintMark(process, mark);
    for (const i of model.witness) paintRing(i, colors.ink);
    if (view.picked >= 0) paintRing(view.picked, colors.accent);
    g.restore();
    paintLabels();
    paintOverview();
  }
  return {
    X, recolor, resize, paint, holdColor,
    T: (x) => view.t0 + ((x - gutter) / (width - gutter)) * (view.t1 - view.t0),
    overviewT: (x) => model.full[0] + ((x - gutter) / (width - gutter - 8)) * (model.full[1] - model.full[0]),
    inPlot: (x) => x >= gutter,
    perPixel: () => (view.t1 - view.t0) / (width - gutter),
    width: () => width,
  };
}
