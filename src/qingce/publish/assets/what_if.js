/* 青策 qingce, the page of trying: the server's levers become sliders, sliders and lines become moves, the answer stands beside the unchanged. Nothing is kept. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const box = one("#try-data"), form = one("#tries");
  if (!box || !form) return;
  const data = JSON.parse(box.textContent), words = data.words, told = one("#try-told"), more = one("#w-more"), back = one("#w-undo");
  const zh = data.language === "zh";
  const WAIT = 250; // a hand that still moves is not answered [ms]
  let asked = 0, waiting = 0, inputs = [], past = [];

  const part = (tag, text = "", kind = "") => { const made = document.createElement(tag); made.textContent = text; if (kind) made.className = kind; return made; };
  const post = (moves, chance) => fetch(data.url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ moves, chance }) }).then((answer) => answer.json());

  /* what may be moved: a group a lever, a slider or a choice a month or day; it says nothing until it is touched */
  function draw(levers) {
    one("#levers").replaceChildren(...levers.map((lever, place) => {
      const group = part("details", "", "year"), head = part("summary"), name = part("span", `${lever.subject_name} `);
      if (!zh) name.lang = "zh";
      head.append(name, `${zh ? lever.quantity_name : lever.quantity_name_en} `, part("small", lever.unit, "muted"), part("small", "", "moved"));
      group.open = place === 0;
      group.append(head, ...lever.periods.map((period) => row(lever, period)));
      return group;
    }));
    inputs = all("[data-move]", form);
    one("#levers-told").textContent = levers.length ? "" : words.none;
  }
  function row(lever, { period, most }) {
    const line = part("div", "", "try"), label = part("label", period), output = part("output", "—"), choice = lever.kind === "choice";
    const input = choice ? document.createElement("select") : Object.assign(document.createElement("input"), { type: "range", min: 0, max: most, step: lever.step });
    input.id = label.htmlFor = `w-${[lever.subject, lever.quantity, period].join("-").replace(/[^\w-]/g, "_")}`;
    if (choice) input.append(...[["", "—"], ["yes", words.granted], ["no", words.refused]].map(([value, text]) => new Option(text, value)));
    input.value = input.dataset.start = choice ? "" : lever.start;
    input.dataset.move = `${lever.quantity}@${lever.subject}@${period}`;
    output.htmlFor = input.id;
    input.addEventListener("input", () => { touch(input, input.value); later(); });
    line.append(label, input, output);
    return line;
  }
  const shown = (input) => (input.tagName === "SELECT" ? input.selectedOptions[0].textContent : input.value);
  function touch(input, value) {
    const untouched = value === undefined || value === "";
    input.value = untouched ? input.dataset.start : value;
    input.toggleAttribute("data-touched", !untouched);
    one(`output[for="${input.id}"]`, form).textContent = untouched ? "—" : shown(input);
    const group = input.closest("details"), moved = all("[data-touched]", group).length;
    one(".moved", group).textContent = moved ? words.moved.replace("{n}", moved) : "";
  }

  /* the hand's way back: a state a settled hand, told as the moves it makes */
  const state = () => JSON.stringify([Object.fromEntries(inputs.filter((input) => input.hasAttribute("data-touched")).map((input) => [input.id, input.value])), more.value]);
  function keep() {
    if (past[past.length - 1] !== state()) past.push(state());
    back.disabled = past.length < 2;
  }
  function undo() {
    keep();
    if (past.length < 2) return;
    past.pop();
    const [values, lines] = JSON.parse(past[past.length - 1]);
    inputs.forEach((input) => touch(input, values[input.id]));
    more.value = lines;
    back.disabled = past.length < 2;
    ask();
  }

  const moves = () => [
    ...inputs.filter((input) => input.hasAttribute("data-touched")).map((input) => `${input.dataset.move}=${input.value}`),
    ...more.value.split(/\n+/).map((line) => line.trim()).filter(Boolean),
  ];
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  }
  async function ask() {
    clearTimeout(waiting);
    keep();
    const given = moves(), mine = ++asked;
    delete form.dataset.answered;
    if (!given.length) { clear(); return; }
    told.textContent = words.running;
    try {
      for (const chance of [false, true]) { // what is exact comes at once, the chances follow
        const found = await post(given, chance);
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
  const chance = (p) => (p === null || p === undefined ? "" : p > 0 && p < 0.01 ? "<1%" : p > 0.99 && p < 1 ? ">99%" : `${Math.round(p * 100)}%`);
  function reached(side, unit) {
    if (side.p50 === null || side.p50 === undefined) return "";
    const [low, middle, high] = [side.p10, side.p50, side.p90].map((end) => (unit === "class" ? words.classes[end] || end : end));
    return `→ ${middle}（${words.between} ${low}—${high}）`;
  }
  function answer(target) {
    const { before, after, unit } = target, lines = [];
    lines.push(part("b", [after.text || after.value || "", chance(after.probability)].filter(Boolean).join("　")));
    if (reached(after, unit)) lines.push(part("span", reached(after, unit), "expected"));
    for (const name of ["verdict_text", "quota"]) {
      const text = (!zh && after[`${name}_en`]) || after[name];
      if (text) lines.push(part("span", text));
    }
    const was = [before.text || before.value || "", chance(before.probability), reached(before, unit)].filter(Boolean).join("　");
    if (was) lines.push(part("small", `${words.before} ${was}`, "muted"));
    const made = part("span", "", "answer");
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
  back.addEventListener("click", undo);
  document.addEventListener("keydown", (event) => {
    const writing = /^(textarea|text)$/.test(event.target.type || ""); // a text undoes its own letters
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !writing) { event.preventDefault(); undo(); }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    inputs.forEach((input) => touch(input, undefined));
    [more, one("#w-when"), one("#w-value")].forEach((field) => { field.value = ""; });
    ask();
  });
  post([], false).then((found) => {
    if (found.ok) draw(found.levers);
    else one("#levers-told").textContent = [found.error, found.remedy].filter(Boolean).join(" ");
  }, () => { one("#levers-told").textContent = words.offline; }).then(() => { keep(); form.dataset.ready = "yes"; });
})();
