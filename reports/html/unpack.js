"use strict";

// Operations come packed: columns of variable-length integers, one after the other, deflated, in
// base64. Returns them as arrays; times are absolute, in nanoseconds. See reports/README.md.
async function unpack(base64, lanes) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = lanes.reduce((sum, lane) => sum + lane.count, 0);
  let at = 0;
  const column = (length, signed) => {
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      let value = 0, factor = 1, byte;
      do {
        byte = bytes[at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      values[i] = !signed ? value : value % 2 ? -(value + 1) / 2 : value / 2;
    }
    return values;
  };
  const ops = { count, start: column(count, true), end: column(count) };
  for (const name of ["kind", "status", "object", "error", "slept"]) ops[name] = column(count);
  for (const name of ["first", "second"]) ops[name] = column(count, true);
  for (const name of ["flags", "target", "ran"]) ops[name] = column(count);
  // wait_any, wait_all, signal_and_wait
  const named = (i) => [5, 12, 14].includes(ops.kind[i]) ? ops.second[i] : 0;
  ops.others = column(ops.second.reduce((sum, n, i) => sum + named(i), 0));
  ops.callers = column(ops.ran.reduce((sum, n) => sum + n, 0));
  ops.othersAt = new Float64Array(count);
  ops.callersAt = new Float64Array(count);
  let others = 0, callers = 0, i = 0;
  for (const lane of lanes) {
    lane.from = i;
    for (let time = 0; i < lane.from + lane.count; i++) {
      time = ops.start[i] += time;
      ops.end[i] += time;
      ops.othersAt[i] = others;
      ops.callersAt[i] = callers;
      others += named(i);
      callers += ops.ran[i];
    }
    lane.to = i;
  }
  return ops;
}
