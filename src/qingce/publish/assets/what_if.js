/* 青策 qingce, the page of trying: sliders and lines become moves, the answer stands beside the unchanged. Nothing is kept. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const box = one("#try-data"), form = one("#tries");
  if (!box || !form) return;
  const data = JSON.parse(box.textContent), words = data.words, told = one("#try-told"), more = one("#w-more");
  const sliders = all("input[type=range]", form);
  const WAIT = 250; // a hand that still moves is not answered [ms]
  let asked = 0, waiting = 0;

  /* a slider stands at what is allowed and says nothing until it is touched */
  sliders.forEach((slider) => {
    const allowed = Number(slider.dataset.allowed), days = slider.dataset.allowed === "";
    const places = days ? 0 : Math.min(3, Number(slider.dataset.decimals) + 1);
    slider.min = 0;
    slider.step = 10 ** -places;
    slider.max = days ? 31 : (Math.max(allowed, 10 ** -places) * 2).toFixed(places);
    slider.value = days ? 0 : allowed;
    slider.dataset.start = slider.value;
    slider.addEventListener("input", () => { slider.dataset.touched = "yes"; show(); later(); });
  });
  function show() {
    sliders.forEach((slider) => { one(`output[for="${slider.id}"]`, form).textContent = slider.dataset.touched ? slider.value : "—"; });
    all("details", form).forEach((group) => {
      const moved = all("input[data-touched]", group).length, sign = one(".moved", group);
      sign.hidden = !moved;
      sign.textContent = moved ? words.moved.replace("{n}", moved) : "";
    });
  }
  const moves = () => [
    ...sliders.filter((slider) => slider.dataset.touched).map((slider) => `${slider.dataset.move}=${slider.value}`),
    ...more.value.split(/\n+/).map((line) => line.trim()).filter(Boolean),
  ];
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  }
  async function ask() {
    const given = moves(), mine = ++asked;
    if (!given.length) { clear(); return; }
    told.textContent = words.running;
    try {
      for (const chance of [false, true]) { // what is exact comes at once, the chances follow
        const answer = await fetch(data.url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ moves: given, chance }) });
        const found = await answer.json();
        if (mine !== asked) return; // a newer hand has asked since
        if (!found.ok) { told.textContent = [found.error, found.remedy].filter(Boolean).join(" "); return; }
        told.textContent = `${found.moves.map((move) => move.text).join("；")}${chance ? "" : `　${words.running}`}`;
        fill(found.targets);
      }
      form.dataset.answered = given.join(" ");
    } catch {
      if (mine === asked) told.textContent = words.offline;
    }
  }
  function fill(targets) {
    const known = Object.fromEntries(targets.map((target) => [target.target_id, target]));
    all("#tried [data-target]").forEach((row) => {
      const target = known[row.dataset.target], cell = one(".after", row);
      row.classList.toggle("used", Boolean(target && target.changed));
      cell.replaceChildren(...(target && target.changed ? answer(target) : [words.same]));
    });
  }
  function answer(target) {
    const part = (tag, text, kind = "") => { const made = document.createElement(tag); made.textContent = text; if (kind) made.className = kind; return made; };
    const { before, after } = target, lines = [];
    const chance = (p) => (p === null || p === undefined ? "" : p > 0 && p < 0.01 ? "<1%" : p > 0.99 && p < 1 ? ">99%" : `${Math.round(p * 100)}%`);
    lines.push(part("b", [after.text || after.value || "", chance(after.probability)].filter(Boolean).join("　")));
    if (after.verdict_text) lines.push(part("span", after.verdict_text));
    if (after.quota) lines.push(part("span", after.quota));
    const was = [before.text || before.value || "", chance(before.probability)].filter(Boolean).join("　");
    if (was) lines.push(part("small", `${words.before} ${was}`, "muted"));
    const made = document.createElement("span");
    made.className = "answer";
    made.append(...lines);
    return [made];
  }
  function clear() {
    asked += 1;
    told.textContent = "";
    all("#tried [data-target]").forEach((row) => { row.classList.remove("used"); one(".after", row).textContent = "—"; });
  }
  more.addEventListener("change", later);
  function add() {
    const [quantity, subject, when, value] = ["quantity", "subject", "when", "value"].map((name) => one(`#w-${name}`).value.trim());
    const missing = [["#w-when", when], ["#w-value", value]].find(([, given]) => !given);
    if (missing) { one(missing[0]).focus(); return; }
    more.value = [more.value.trim(), `${quantity}@${subject}@${when}=${value}`].filter(Boolean).join("\n");
    later();
  }
  one("#w-add").addEventListener("click", add);
  one("#w-value").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  form.addEventListener("reset", () => setTimeout(() => {
    sliders.forEach((slider) => { delete slider.dataset.touched; slider.value = slider.dataset.start; });
    more.value = "";
    show();
    clear();
  }));
  form.dataset.ready = "yes";
})();
