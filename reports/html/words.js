// What the tooltip says of an operation; the same words as everywhere else in the report.
function timeWords(ns) {
  const size = Math.abs(ns);
  return size < 1e3 ? `${Math.round(ns)} ns` : size < 1e6 ? `${(ns / 1e3).toFixed(1)} µs`
    : size < 1e9 ? `${(ns / 1e6).toFixed(2)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

// A moment with as many digits as tell it from one that is `step` later; the unit is that of `most`.
function momentWords(ns, most, step) {
  const [unit, name] = most < 1e3 ? [1, "ns"] : most < 1e6 ? [1e3, "µs"] : most < 1e9 ? [1e6, "ms"] : [1e9, "s"];
  const digits = Math.ceil(Math.log10(unit / step) - 1e-9);
  return (ns / unit).toFixed(Math.min(Math.max(digits, 0), 9)) + " " + name;
}

function operationWords(data, ops, words, i) {
  const kind = words.kinds[ops.kind[i]];
  const status = words.statuses[ops.status[i]];
  const object = (index) => `${data.objects[index][0]} "${data.objects[index][1]}"`;
  const thread = (lane) => `${data.lanes[lane].name} of ${data.processes[data.lanes[lane].process].name}`;
  const listed = ["wait_any", "wait_all", "signal_and_wait"].includes(kind)
    ? [...ops.others.subarray(ops.othersAt[i], ops.othersAt[i] + ops.second[i])].map(object) : [];
  const many = listed.length > 1, verb = words.verbs[ops.kind[i]];
  let call = kind === "queue_call" ? `${verb} for ${ops.target[i] ? thread(ops.target[i] - 1) : "nobody"}`
    : kind === "sleep" ? `${verb} for ${ops.first[i] ? `${ops.first[i] - 1} ms` : "ever"}`
    : kind === "signal_and_wait" ? `signal ${listed[0]} and wait ${listed[1]}`
    : `${verb} ${listed.length ? listed.join(", ") : object(ops.object[i])}`;
  if ((kind.startsWith("wait") || kind === "signal_and_wait") && ops.first[i]) call += ` for at most ${ops.first[i] - 1} ms`;
  if (ops.flags[i] % 2) call += ", alertable";
  if (kind === "release_semaphore") call += ` by ${ops.first[i]}`;
  if (kind === "set_timer") {
    call += ` in ${timeWords(ops.first[i])}` + (ops.second[i] ? `, then every ${ops.second[i]} ms` : "");
    if (ops.flags[i] > 1) call += ", with a routine";
  }
  const callers = [...ops.callers.subarray(ops.callersAt[i], ops.callersAt[i] + ops.ran[i])].map(thread);
  const ran = callers.length
    ? `${callers.length} procedure call${callers.length === 1 ? "" : "s"} (from ${[...new Set(callers)].join(", ")})` : "";
  let response = status;
  if (status === "pending") response = "no response" + (ran && ", ran " + ran);
  if (status === "alerted") response = "ended by " + (ran || "procedure calls");
  if (status === "failed") {
    const name = words.errors[ops.error[i]];
    response = `failed with ${ops.error[i]}` + (name ? ` (${name})` : "");
  } else if (status === "ok" && kind === "release_semaphore") {
    response += `, the count was ${ops.second[i]}`;
  } else if (status === "ok" && kind === "create" && ops.error[i] === 183) {
    response += ", it was there already";
  } else if (many && kind === "wait_any" && status === "ok") {
    response += " by " + object(ops.object[i]);
  } else if (many && status === "abandoned") {
    response += " " + object(ops.object[i]);
  }
  return { call, response, slept: ["", "did not sleep", "slept"][ops.slept[i]] };
}
