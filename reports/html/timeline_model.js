// What the timeline knows of a run: operations by class, who holds which mutex when, marks, and
// where each lane lies. `data` and `ops` are described in reports/README.md.
const CLASSES = ["call", "wait", "timeout", "alerted", "abandoned", "failed", "pending", "stuck"];
const WAIT = CLASSES.indexOf("wait"), ABANDONED = CLASSES.indexOf("abandoned"), PENDING = CLASSES.indexOf("pending");
const TOP = 24, FOOT = 22;

function timelineModel(data, ops, words) {
  const { lanes, processes } = data, last = Math.max(data.end, 1);
  const laneOf = new Uint32Array(ops.count), cls = new Uint8Array(ops.count);
  const kind = (i) => words.kinds[ops.kind[i]], open = (i) => cls[i] >= PENDING;
  const waits = (i) => kind(i).startsWith("wait") || kind(i) === "signal_and_wait";
  lanes.forEach((lane, l) => {
    lane.stops = lane.ended ?? processes[lane.process].gone ?? last;
    for (let i = lane.from; i < lane.to; i++) {
      const status = words.statuses[ops.status[i]];
      laneOf[i] = l;
      cls[i] = status !== "ok" ? CLASSES.indexOf(status) : waits(i) ? WAIT : 0;
      if (open(i)) ops.end[i] = Math.max(ops.start[i], lane.stops);
    }
  });
  const find = ({ lane, sequence }) => {
    const i = lanes[lane].from + sequence - lanes[lane].first;
    return i >= lanes[lane].from && i < lanes[lane].to ? i : -1;
  };
  const stuck = new Map(data.stuck.map((each) => [find(each), each.words]));
  for (const i of stuck.keys()) if (i >= 0 && open(i)) cls[i] = PENDING + 1;
  const numbers = new Map(data.witness.map((each) => [find(each), each.number]));
  numbers.delete(-1);

  // What a wait took when it was satisfied, and what a call released.
  const listed = (i) => [...ops.others.subarray(ops.othersAt[i], ops.othersAt[i] + ops.second[i])];
  const taken = (i) => cls[i] !== WAIT && cls[i] !== ABANDONED ? [] : kind(i) === "wait_all" ? listed(i) : [ops.object[i]];
  const released = (i) => kind(i) === "release_mutex" ? (cls[i] === 0 ? [ops.object[i]] : [])
    : kind(i) === "signal_and_wait" && words.statuses[ops.status[i]] !== "failed" ? listed(i).slice(0, 1) : [];
  const isMutex = (object) => data.objects[object][0] === "mutex";
  // A mutex is held from the wait that took it to its last release, or to the thread's end.
  for (const lane of lanes) {
    const held = new Map();
    lane.holds = [];
    for (let i = lane.from; i < lane.to; i++) {
      for (const object of released(i)) {
        const hold = held.get(object);
        if (!hold || --hold.depth > 0) continue;
        hold.to = ops.start[i];
        held.delete(object);
      }
      for (const object of taken(i).filter(isMutex)) {
        let hold = held.get(object);
        if (!hold) held.set(object, hold = { object, from: ops.end[i], to: lane.stops, depth: 0 }), lane.holds.push(hold);
        hold.depth++;
      }
    }
  }
  // A fault that ended its process is told by the mark of the death.
  processes.forEach((process, p) => {
    process.marks = data.faults.filter((fault) => fault.process === p && fault.at !== process.died)
      .map((fault) => ({ at: fault.at, words: fault.what, death: false }));
    if (process.died === null) return;
    const cause = data.faults.find((fault) => fault.process === p && fault.at === process.died);
    process.marks.push({ at: process.died, words: cause?.what ?? process.words, death: true });
  });

  // A process of one thread is one row; one of several has a headline above them.
  const dense = lanes.length > 40, laneHeight = dense ? 14 : lanes.length > 16 ? 18 : 24;
  let bottom = TOP;
  processes.forEach((process, p) => {
    const own = lanes.filter((lane) => lane.process === p);
    process.top = bottom += dense ? 4 : 12;
    process.headline = own.length > 1;
    if (process.headline) bottom += 17;
    for (const lane of own) {
      lane.y = bottom;
      lane.label = process.headline ? lane.name : process.name;
      bottom += laneHeight;
    }
    process.bottom = bottom;
  });

  const describe = (i) => {
    const lane = lanes[laneOf[i]], said = operationWords(data, ops, words, i);
    const time = open(i) ? `since ${timeWords(ops.start[i])}` : `at ${timeWords(ops.start[i])}, took ${timeWords(ops.end[i] - ops.start[i])}`;
    const lines = [`${said.call} → ${said.response}`, `${lane.name} of ${processes[lane.process].name}, operation ${lane.first + i - lane.from}`,
      time + (said.slept && ", " + said.slept)];
    if (numbers.has(i)) lines.push(`witness ${numbers.get(i)} of ${data.check}`);
    if (cls[i] > PENDING) lines.push("stuck: " + stuck.get(i));
    return lines;
  };
  // Starting the processes takes a while, in which nothing is done.
  const first = Math.min(last, ...lanes.filter((lane) => lane.count).map((lane) => ops.start[lane.from])), pad = (last - first) * 0.015 + 1;
  return {
    ...data, ops, words, cls, laneOf, open, find, numbers, describe, last, dense, laneHeight,
    witness: [...numbers.keys()], height: bottom + 10 + FOOT, full: [first - pad, last + pad],
    mutexes: data.objects.map((_, i) => i).filter((i) => data.objects[i][0] === "mutex"),
    // The first operation of the lane that ends at or after a time.
    lowerBound(lane, time) {
      let low = lane.from, high = lane.to;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (ops.end[middle] < time) low = middle + 1; else high = middle;
      }
      return low;
    },
  };
}
