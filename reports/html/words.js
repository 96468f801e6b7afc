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
  const many = kind === "wait_any" && ops.second[i] > 1;
  let call = words.verbs[ops.kind[i]] + " " + (kind !== "wait_any" ? object(ops.object[i])
    : [...ops.others.subarray(ops.othersAt[i], ops.othersAt[i] + ops.second[i])].map(object).join(", "));
  if (kind.startsWith("wait") && ops.first[i]) call += ` for at most ${ops.first[i] - 1} ms`;
  if (kind === "release_semaphore") call += ` by ${ops.first[i]}`;
  if (kind === "set_timer") {
    call += ` in ${timeWords(ops.first[i])}` + (ops.second[i] ? `, then every ${ops.second[i]} ms` : "");
  }
  let response = { pending: "no response" }[status] || status;
  if (status === "failed") {
    const name = words.errors[ops.error[i]];
    response = `failed with ${ops.error[i]}` + (name ? ` (${name})` : "");
  } else if (status === "ok" && kind === "release_semaphore") {
    response += `, the count was ${ops.second[i]}`;
  } else if (status === "ok" && kind === "create" && ops.error[i] === 183) {
    response += ", it was there already";
  } else if (many && status === "ok") {
    response += " by " + object(ops.object[i]);
  } else if (many && status === "abandoned") {
    response += " " + object(ops.object[i]);
  }
  return { call, response, slept: ["", "did not sleep", "slept"][ops.slept[i]] };
}
