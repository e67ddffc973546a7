/* 青策 qingce, the review page: one key, one decision, one request. No framework. */
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const box = one("#review-data");
  if (!box) return;
  const data = JSON.parse(box.textContent);
  const words = data.words;
  const say = (key, filled = {}) => Object.entries(filled).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key]);
  const list = one("#review-list"), text = one("#review-text"), told = one("#review-told");
  const signs = { "<=": "≤", ">=": "≥", "==": "=", "<": "<", ">": ">", "~": "≈", decrease_by: "↓", increase_by: "↑", range: "", "": "" };
  const kinds = ["level", "relative", "increment", "class", "placeholder", "delegated", "qualitative", "coverage", "threshold"];
  const kindNames = { level: "水平", relative: "相对变化", increment: "增量", class: "类别", placeholder: "占位（未填数）", delegated: "上级下达", qualitative: "定性", coverage: "覆盖", threshold: "门槛" };
  const signNames = { "<=": "≤ 不高于", ">=": "≥ 不低于", "==": "= 等于", "<": "< 低于", ">": "> 高于", "~": "≈ 左右", decrease_by: "↓ 下降", increase_by: "↑ 提高", range: "在…之间", "": "—" };
  let rows = data.targets, at = -1, show = "all", chosen = null, busy = false;

  const make = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => { if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value); });
    made.append(...inside.filter((part) => part !== null && part !== ""));
    return made;
  };
  const tell = (words_, bad = false) => { told.textContent = words_; told.hidden = !words_; told.classList.toggle("bad", bad); };
  const standing = (row) => (row.state === "changed" ? "changed" : row.verdict);
  const goal = (row) => [signs[row.comparator] ?? "", row.value ?? row.value_text, row.unit === "class" ? "" : (row.unit || "").replace("ug/m3", "μg/m³")].filter(Boolean).join(" ");
  const shownRow = (row) => show === "all" || (show === "todo" ? !row.verdict : row.doubtful && !row.verdict);
  const visible = () => rows.map((row, i) => i).filter((i) => shownRow(rows[i]));

  /* the register */
  function item(row, i) {
    const verdict = standing(row);
    const label = make("span", { class: `verdict v-${verdict || "none"}` }, say(`verdict.${verdict || "none"}`));
    const made = make("li", { "data-i": i, class: `v-${verdict || "none"}${i === at ? " now" : ""}`, "aria-current": i === at ? "true" : null },
      make("div", { class: "what" }, make("b", {}, row.indicator || row.quote.slice(0, 20)), make("span", { class: "goal" }, goal(row))),
      make("div", { class: "side" }, label, row.doubtful && !row.verdict ? make("span", { class: "low" }, words.low) : "", row.scope || "", make("span", {}, row.deadline || ""), row.owners ? make("span", {}, row.owners) : ""));
    made.addEventListener("click", (event) => { if (!event.target.closest("form, button")) go(i, true); });
    if (i === at) made.append(details(row));
    return made;
  }
  function details(row) {
    const more = make("div", { class: "more" }, make("p", {}, make("q", {}, row.quote)));
    const changed = Object.entries(row.as_read || {}).filter(([name, was]) => name !== "indicator_id" && String(was ?? "") !== String(row[name] ?? ""));
    if (changed.length && row.verdict) more.append(make("p", {}, `${words.read} `, ...changed.flatMap(([name, was]) => [`${words[`field.${name}`]} `, make("del", {}, String(was ?? "—") || "—"), ` → ${row[name] ?? "—"}　`])));
    if (row.note) more.append(make("p", { class: "low" }, row.note));
    if (row.similarity && row.similarity < 1 && row.state !== "lost") more.append(make("p", {}, say("similar", { n: Number(row.similarity).toFixed(2) })));
    if (row.who) more.append(make("p", { class: "muted" }, [row.who, row.at, row.why].filter(Boolean).join("　")));
    if (row.confidence !== null && row.confidence !== "") more.append(make("p", { class: "muted" }, `${say("confidence", { n: Number(row.confidence).toFixed(2) })}　${words.because}：${row.reasons.map((told_) => told_.replace(/^(\w+): ?/, (_, name) => `${words[`field.${name}`] || name} `)).join("；")}`));
    return more;
  }
  function draw() {
    list.replaceChildren(...visible().map((i) => item(rows[i], i)));
    const state = Object.fromEntries(rows.map((row) => [row.key, standing(row)]));
    const now = rows[at] ? rows[at].key : "";
    all("mark[data-keys]", text).forEach((mark) => {
      const keys = mark.dataset.keys.split(" ");
      const verdicts = new Set(keys.map((key) => state[key] || "none"));
      mark.className = `v-${verdicts.size === 1 ? [...verdicts][0] : "none"}${keys.includes(now) ? " now" : ""}`;
    });
    drawLost();
    count();
  }
  function drawLost() {
    const lost = one("#review-lost");
    lost.replaceChildren(...(data.lost.length ? [make("h2", {}, words.lost), make("ol", {}, ...data.lost.map((row) => {
      const button = make("button", { type: "button", class: "button" }, words.withdraw);
      button.addEventListener("click", () => send({ key: row.key, verdict: "withdraw", version: row.version, why: "" }));
      return make("li", {}, make("div", { class: "what" }, make("b", {}, make("q", {}, row.quote)), data.served ? button : ""), make("div", { class: "side" }, say("verdict.lost"), row.note, row.who, row.at, row.why));
    }))] : []));
  }
  function count() {
    const counts = data.counts;
    one("#review-count").textContent = say("done", { n: counts.confirmed, all: counts.all });
    one("#review-more").textContent = ["rejected", "doubtful", "again"].filter((name) => counts[name]).map((name) => say(name, { n: counts[name] })).join("　");
    const waiting = rows.filter((row) => row.state === "pending" || row.state === "withdrawn").length + (data.taken || 0);
    const pending = one("#review-pending");
    if (pending) { pending.hidden = !waiting; one("span", pending).textContent = say("pending", { n: waiting }); }
  }
  function go(i, keepText = false) {
    at = i;
    closeForm();
    draw();
    const row = one("li.now", list);
    if (row) row.scrollIntoView({ block: "nearest" });
    if (keepText !== "list") {
      const mark = one("mark.now", text);
      if (mark) mark.scrollIntoView({ block: "center" });
    }
    if (row && innerWidth <= 1000) row.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const seen = visible();
    if (!seen.length) return;
    const here = seen.indexOf(at);
    const next = here >= 0 ? here + by : by > 0 ? seen.findIndex((i) => i > at) : seen.length - 1;
    go(seen[Math.max(0, Math.min(seen.length - 1, next < 0 ? (by > 0 ? seen.length - 1 : 0) : next))]);
  }

  /* who: asked once, kept in the browser */
  const who = one("#review-who");
  if (who) {
    who.value = localStorage.getItem("qingce-who") || "";
    who.addEventListener("input", () => localStorage.setItem("qingce-who", who.value.trim()));
  }
  function named() {
    if (who.value.trim()) return true;
    tell(words["who.ask"], true);
    who.focus();
    return false;
  }

  /* one action, one request */
  async function send(wish, { quiet = false } = {}) {
    if (!data.served || busy || !named()) return null;
    busy = true;
    let answer = null;
    try {
      const reply = await fetch(`${data.root}review/${encodeURIComponent(data.document)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...wish, who: who.value.trim() }) });
      answer = await reply.json();
    } catch {
      tell(words.offline, true);
    }
    busy = false;
    if (!answer) return null;
    if (answer.counts) data.counts = answer.counts;
    if (answer.ok || answer.row) take(answer, wish.key || answer.key);
    if (answer.ok) { if (!quiet) tell(`${words.saved}`); } else tell(`${answer.code}：${answer.error}。${answer.remedy}${answer.row ? " " + words.stale : ""}`, true);
    draw();
    return answer;
  }
  function take(answer, key) {
    const i = rows.findIndex((row) => row.key === key);
    data.lost = data.lost.filter((row) => row.key !== key);
    if (answer.row && i >= 0) rows[i] = answer.row;
    else if (answer.row) { rows.push(answer.row); rows.sort((a, b) => a.start - b.start); at = rows.indexOf(answer.row); marked(answer.row); }
    else { if (i >= 0) { rows.splice(i, 1); at = Math.min(at, rows.length - 1); } data.taken = (data.taken || 0) + 1; }
  }
  async function decide(verdict) {
    const row = rows[at];
    if (!row) return step(1);
    if (verdict === "withdraw" && !row.verdict && row.state !== "changed") return tell(words.nothing);
    const answer = await send({ key: row.key, verdict, version: row.version });
    if (answer && answer.ok && verdict !== "withdraw") step(1);
    return answer;
  }

  /* editing and adding */
  let form = null;
  function closeForm() { if (form) { form.remove(); form = null; } }
  function open(row, place, save) {
    closeForm();
    const field = (name, wide = false, control = null) => {
      const input = control || make("input", { name, value: row[name] ?? "", list: name === "indicator" ? "review-names" : null, autocomplete: "off", placeholder: name === "deadline" ? "2026 / 2026-06 / 2026-06-30" : null });
      input.id = `review-f-${name}`;
      if (wide) input.classList.add("wide");
      return [make("label", { for: input.id }, name === "why" ? words.why : words[`field.${name}`]), input];
    };
    const pick = (name, choices, names) => make("select", { name }, ...choices.map((value) => { const option = make("option", { value }, names[value]); option.selected = value === (row[name] || ""); return option; }));
    form = make("form", { autocomplete: "off" }, place ? "" : make("q", {}, row.quote),
      ...field("indicator", true), ...field("scope", true), ...field("comparator", false, pick("comparator", Object.keys(signNames), signNames)), ...field("value"),
      ...field("unit"), ...field("base_year"), ...field("deadline"), ...field("kind", false, pick("kind", kinds, kindNames)), ...field("owners", true), ...field("why", true),
      make("p", { class: "fault", role: "alert", hidden: "" }),
      make("div", { class: "acts" }, make("button", { type: "submit", class: "button primary" }, words.save), make("button", { type: "button", class: "button", "data-cancel": "" }, words.cancel)));
    form.elements.why.value = "";
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const given = Object.fromEntries(new FormData(form));
      const why = given.why;
      delete given.why;
      const fields = Object.fromEntries(Object.entries(given).filter(([name, value]) => String(row[name] ?? "") !== value.trim()));
      const answer = await save(fields, why);
      if (answer && answer.ok) { closeForm(); return; }
      if (answer && form) { const fault = one(".fault", form); fault.hidden = false; fault.textContent = `${answer.code}：${answer.error}。${answer.remedy}`; }
    });
    one("[data-cancel]", form).addEventListener("click", closeForm);
    (place || one("#review-form")).append(form);
    one("[name=indicator]", form).focus({ preventScroll: Boolean(place) });
    form.scrollIntoView({ block: "nearest" });
  }
  if (!one("#review-names")) document.body.append(make("datalist", { id: "review-names" }, ...data.indicators.map((row) => make("option", { value: row.zh }))));
  function edit() {
    const row = rows[at];
    if (!row) return step(1);
    if (!named()) return undefined;
    const holder = one("li.now", list);
    return open(row, holder, async (fields, why) => {
      const kept = form;
      const answer = await send({ key: row.key, verdict: "correct", version: row.version, fields, why });
      if (answer && !answer.ok && kept) { const now = one("li.now", list); if (now) { now.append(kept); form = kept; } }
      return answer;
    });
  }
  const points = (string) => Array.from(string).length;
  function place(node, offset) {
    const holder = (node.nodeType === 3 ? node.parentElement : node).closest("[data-s]");
    if (!holder || !text.contains(holder)) return null;
    const range = document.createRange();
    range.setStart(holder, 0);
    range.setEnd(node, offset);
    return Number(holder.dataset.s) + points(range.toString());
  }
  function choose() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const start = place(range.startContainer, range.startOffset), end = place(range.endContainer, range.endOffset);
    if (start !== null && end !== null && end > start && text.contains(range.commonAncestorContainer)) chosen = { start, end, quote: range.toString().trim() };
  }
  document.addEventListener("selectionchange", choose);
  function add() {
    choose(); /* the key may come before the event */
    if (!chosen) return tell(words.select);
    if (!named()) return undefined;
    const span = chosen;
    const last = rows.filter((row) => row.start <= span.start).pop() || {};
    open({ quote: span.quote, comparator: "<=", kind: "level", scope: last.scope || "", deadline: last.deadline || "" }, null, async (fields, why) => {
      const given = { comparator: "<=", kind: "level", scope: last.scope || "", deadline: last.deadline || "", ...fields };
      const answer = await send({ key: "", verdict: "add", version: 0, start: span.start, end: span.end, fields: given, why });
      if (answer && answer.ok) { chosen = null; getSelection().removeAllRanges(); go(at); }
      return answer;
    });
    return undefined;
  }
  function marked(row) {
    const holder = all("[data-s]", text).filter((piece) => Number(piece.dataset.s) <= row.start).pop();
    if (!holder || holder.tagName === "MARK") { if (holder) holder.dataset.keys += ` ${row.key}`; return; }
    const from = row.start - Number(holder.dataset.s);
    const chars = Array.from(holder.textContent);
    const size = Math.min(row.end - row.start, chars.length - from);
    const mark = make("mark", { "data-s": row.start, "data-keys": row.key }, chars.slice(from, from + size).join(""));
    const rest = make("span", { "data-s": row.start + size }, chars.slice(from + size).join(""));
    holder.textContent = chars.slice(0, from).join("");
    holder.after(mark, rest);
  }

  /* a new build */
  const button = one("#review-rebuild");
  async function rebuild() {
    button.disabled = true;
    tell(words.building);
    try {
      const begun = await (await fetch(`${data.root}rebuild`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).json();
      if (!begun.ok && !begun.running) { tell(`${begun.code}：${begun.error}`, true); button.disabled = false; return; }
      for (;;) {
        await new Promise((done) => setTimeout(done, 700));
        const state = await (await fetch(`${data.root}rebuild`)).json();
        if (state.running) { tell(`${words.building} ${state.step}`); continue; }
        if (state.done) { tell(words.built); location.reload(); return; }
        tell(say("failed", { step: state.step }), true);
        break;
      }
    } catch {
      tell(words.offline, true);
    }
    button.disabled = false;
  }
  if (button) button.addEventListener("click", rebuild);

  /* keys and buttons */
  const acts = { previous: () => step(-1), next: () => step(1), confirm: () => decide("confirm"), correct: edit, reject: () => decide("reject"), add, withdraw: () => decide("withdraw") };
  const keys = { j: "next", k: "previous", ArrowDown: "next", ArrowUp: "previous", c: "confirm", e: "correct", x: "reject", a: "add", u: "withdraw" };
  const behind = [];
  let acting = false;
  async function act(name) { // a hand faster than the server waits its turn; behind a refusal or an open form nothing is done
    if (acting) { behind.push(name); return; }
    acting = true;
    const answer = await acts[name]();
    acting = false;
    if (form || (answer !== undefined && !(answer && answer.ok))) behind.length = 0;
    if (behind.length) act(behind.shift());
  }
  const writing = new Set(["correct", "confirm", "reject", "add", "withdraw"]);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || one("dialog[open]")) return;
    if (event.target.closest && event.target.closest("input, select, textarea")) {
      if (event.key === "Escape" && form && form.contains(event.target)) { closeForm(); event.preventDefault(); }
      if (event.key === "Escape") event.stopImmediatePropagation();
      return;
    }
    const name = keys[event.key];
    if (!name || (writing.has(name) && !data.served)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(name);
  }, true);
  all("[data-do]").forEach((item_) => {
    item_.addEventListener("pointerdown", (event) => event.preventDefault());
    item_.addEventListener("click", () => act(item_.dataset.do));
  });
  all("[data-show]").forEach((item_) => item_.addEventListener("click", () => {
    show = item_.dataset.show;
    all("[data-show]").forEach((other) => other.setAttribute("aria-pressed", String(other === item_)));
    draw();
  }));
  text.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-keys]");
    if (!mark || !getSelection().isCollapsed) return;
    const named_ = mark.dataset.keys.split(" ");
    const i = rows.findIndex((row) => row.key === named_[named_.length - 1]);
    if (i >= 0) go(i, "list");
  });
  const asked = decodeURIComponent(location.hash.slice(1));
  const first = rows.findIndex((row) => row.id === asked);
  at = first >= 0 ? first : Math.max(0, rows.findIndex((row) => !row.verdict));
  draw();
  if (first >= 0) go(first);
})();
