// Uses the page as a person would, in a browser without a screen, and writes what came of it into
// the document: a line for each thing that held or did not, and one for each operation shown.
(async () => {
  const lines = [];
  const check = (what, holds, more = "") => lines.push(`${holds ? "ok" : "FAILED"} ${what} ${holds ? "" : more}`.trim());
  const wait = async (what, condition) => {
    for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    check(what, condition());
  };
  addEventListener("error", (event) => lines.push("FAILED with " + event.message));
  const parts = (run) => ({
    canvas: run.querySelector("canvas"), tip: run.querySelector(".tip"), chosen: run.querySelector(".chosen"), range: run.querySelector(".bar output"),
  });
  const point = (canvas, type, x, y, more = {}) => {
    const box = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new PointerEvent(type, { clientX: box.left + x, clientY: box.top + y, pointerId: 1, bubbles: true, ...more }));
  };
  const key = (canvas, name, more = {}) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));
  const label = (run, text) => [...run.querySelectorAll(".bar button")].find((button) => button.textContent === text);

  try {
    const failed = document.querySelector(".run.fail");
    await wait("an open run draws its timeline", () => failed.querySelector("[data-ready]"));
    const { canvas, tip, chosen, range } = parts(failed);
    const first = range.textContent;
    check("the first witness is in view and chosen", chosen.textContent.includes("witness 1 of "), chosen.textContent);
    check("the view is narrower than the run", first.startsWith("9."), first);

    label(failed, "Whole run").click();
    const whole = range.textContent;
    check("the whole run can be shown", whole.startsWith("0.") && whole !== first, whole);
    label(failed, "Witness").click();
    check("the next witness is chosen", chosen.textContent.includes("witness 2 of ") && range.textContent === first, chosen.textContent);

    let hovered = "";
    for (let x = 0; x < canvas.clientWidth && !hovered.includes("witness 1"); x += 2) {
      point(canvas, "pointermove", x, 24 + 12 + 12);
      if (!tip.hidden) hovered = tip.textContent;
    }
    check("the pointer over an operation tells it", hovered.includes('wait mutex "turn" → ok') && hovered.includes("main of worker/0, operation 28"), hovered);
    point(canvas, "pointerleave", 0, 0);
    check("the pointer gone, the words are", tip.hidden);

    key(canvas, "0");
    const middle = canvas.getBoundingClientRect().left + canvas.clientWidth / 2;
    const wheel = (more) => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: -400, clientX: middle, bubbles: true, cancelable: true, ...more }));
    canvas.blur();
    wheel({});
    check("a page that scrolls past does not zoom", range.textContent === whole, range.textContent);
    wheel({ ctrlKey: true });
    const pinched = range.textContent;
    check("a pinch on a touch pad zooms", pinched !== whole, pinched);
    canvas.focus();
    wheel({});
    check("the wheel zooms once the timeline has the focus", range.textContent !== pinched, range.textContent);

    const before = range.textContent;
    point(canvas, "pointerdown", 500, 60);
    point(canvas, "pointermove", 420, 60);
    point(canvas, "pointerup", 420, 60);
    check("dragging moves the view", range.textContent !== before, range.textContent);
    const dragged = range.textContent;
    for (const [id, x] of [[1, 400], [2, 500]]) point(canvas, "pointerdown", x, 60, { pointerId: id });
    point(canvas, "pointermove", 700, 60, { pointerId: 2 });
    for (const id of [1, 2]) point(canvas, "pointerup", 400, 60, { pointerId: id });
    check("two fingers zoom", range.textContent !== dragged, range.textContent);

    key(canvas, "Escape");
    check("nothing is chosen after Escape", chosen.textContent.includes("Drag to move"), chosen.textContent);
    key(canvas, "ArrowRight");
    const started = chosen.textContent;
    key(canvas, "ArrowRight");
    check("arrow keys step through operations", started !== chosen.textContent, chosen.textContent);
    key(canvas, "ArrowDown");
    check("arrow keys change the lane", /main of worker\/[12]/.test(chosen.textContent), chosen.textContent);
    failed.querySelectorAll(".witness button")[2].click();
    await wait("a listed witness is shown where it lies", () => chosen.textContent.includes("witness 3 of "));

    const search = document.querySelector(".tools input");
    const shown = () => document.querySelectorAll(".run:not([hidden])").length, runs = document.querySelectorAll(".run").length;
    const type = (text) => { search.value = text; search.dispatchEvent(new Event("input")); };
    type("auto-reset");
    check("search finds by name", shown() === 1, shown());
    type("nobody is called this");
    check("search says when there is nothing", shown() === 0 && !document.querySelector(".nothing").hidden);
    type("");
    document.querySelector('.chips [data-outcome="pass"]').click();
    check("outcomes can be filtered", shown() === 2, shown());
    document.querySelector('.chips [data-outcome=""]').click();
    check("and all be shown again", shown() === runs, shown());
    check("commands can be copied", !failed.querySelector(".command button").hidden);

    for (const run of document.querySelectorAll(".run")) {
      if (!run.querySelector(".timeline")) continue;
      run.open = true;
      await wait(`${run.id} draws its timeline`, () => run.querySelector("[data-ready]"));
      const shownThere = parts(run);
      const tell = () => {
        const [said, rest] = [...shownThere.chosen.children].map((each) => each.textContent);
        lines.push(`operation ${run.id}: ${rest.split(" · ")[0]}: ${said}`);
      };
      // From the first lane down; in each, to its beginning and then through all of it.
      key(shownThere.canvas, "Escape");
      key(shownThere.canvas, "ArrowRight");
      for (let up = 0; up < 50; up++) key(shownThere.canvas, "ArrowUp");
      for (let before = ""; before !== shownThere.chosen.textContent;) {
        for (let back = 0; back < 500; back++) key(shownThere.canvas, "ArrowLeft");
        for (let last = ""; last !== shownThere.chosen.textContent;) {
          last = shownThere.chosen.textContent;
          tell();
          key(shownThere.canvas, "ArrowRight");
        }
        before = shownThere.chosen.textContent;
        key(shownThere.canvas, "ArrowDown");
      }
    }
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    lines.push("ok the page was painted");
  } catch (error) {
    lines.push("FAILED with " + error.stack);
  }
  const result = document.createElement("pre");
  result.id = "driven";
  result.textContent = lines.join("\n") + "\n";
  document.body.replaceChildren(result);
})();
