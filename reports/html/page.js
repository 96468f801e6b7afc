// What the page does besides its timelines: search and filter, timelines made when their run is
// opened, copying of commands.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const words = JSON.parse(document.getElementById("words").textContent);
const timelines = new Map();

function openTimeline(run) {
  if (!timelines.has(run)) timelines.set(run, buildTimeline(run.querySelector(".timeline")));
  return timelines.get(run);
}
async function buildTimeline(host) {
  if (!host) return null;
  try {
    const data = JSON.parse(document.getElementById(host.dataset.source).textContent);
    const made = makeTimeline(host, data, await unpack(data.operations, data.lanes), words);
    host.dataset.ready = "yes";
    return made;
  } catch (error) {
    host.textContent = `This browser cannot draw the timeline (${error.message}).`;
    return null;
  }
}

const search = document.querySelector(".tools input");
const runs = all(".run").map((run) => ({
  run, text: all(".name, .why, .description, .searched", run).map((e) => e.textContent).join(" ").toLowerCase(),
}));
let outcome = "";
function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { run, text } of runs) {
    run.hidden = !(!outcome || run.classList.contains(outcome)) || !wanted.every((word) => text.includes(word));
    if (!run.hidden) shown++;
  }
  document.querySelector(".nothing").hidden = shown > 0;
}
search.addEventListener("input", filter);
for (const chip of all(".chips button")) {
  chip.addEventListener("click", () => {
    outcome = chip.dataset.outcome;
    for (const other of all(".chips button")) other.setAttribute("aria-pressed", other === chip);
    filter();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target === document.body) event.preventDefault(), search.focus();
});
document.querySelector(".tools").hidden = false;

for (const { run } of runs) {
  run.addEventListener("toggle", () => { if (run.open) openTimeline(run); });
  if (run.open) openTimeline(run);
  for (const step of all(".witness button", run)) {
    step.addEventListener("click", async () => {
      (await openTimeline(run))?.show(Number(step.dataset.lane), Number(step.dataset.sequence));
    });
  }
}
for (const copy of all(".command button")) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const code = copy.parentNode.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
}
function follow() {
  const run = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (run?.matches(".run")) run.open = true, run.scrollIntoView();
}
addEventListener("hashchange", follow);
follow();
