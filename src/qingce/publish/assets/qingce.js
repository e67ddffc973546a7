/* 青策 qingce: filter, keys, highlights, charts, map. No framework, no network: pages open from a folder. */
(() => {
  "use strict";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const one = (selector, root = document) => root.querySelector(selector);
  const read = (id) => { const box = document.getElementById(id); return box ? JSON.parse(box.textContent) : null; };
  const words = read("words") || {};
  const levelName = (level) => (words.locale === "zh" ? level.zh : level.en || level.zh);
  const tell = (text) => { const box = one("#told"); if (box) box.textContent = text; };
  const shown = (text) => (text === null || text === undefined ? "—" : String(text).replace(/^-/, "−"));
  // For the eye only; the exact figure stays in the data.
  const brief = (text) => (text === null || text === undefined ? "—" : shown(/\.\d{3,}$/.test(text) ? Number(text).toFixed(2) : text));

  /* filter: words of the search box and a chosen status hide rows */
  const box = one("#q");
  const onSearch = document.body.dataset.page === "search";
  let status = "";
  const rows = () => all("[data-row]");
  const visible = () => rows().filter((row) => !row.hidden && row.offsetParent !== null && (!row.checkVisibility || row.checkVisibility()));
  function filter() {
    const typed = (onSearch ? one("#q2") || box : box).value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const pick = one("[data-pick]");
    const unit = pick ? pick.value : "";
    let left = 0;
    rows().forEach((row) => {
      const text = row.dataset.text || (row.dataset.text = row.textContent.toLowerCase());
      const fits = typed.every((word) => text.includes(word)) && (!status || row.dataset.status === status) &&
        (!unit || (row.dataset.unit || "").split("|").includes(unit));
      row.hidden = !fits;
      if (fits) left += 1;
    });
    const asked = typed.length || status || unit;
    all("details.more").forEach((more) => { more.open = Boolean(asked) || more.dataset.was === "open"; });
    all(".block").forEach((block) => {
      const inside = all("[data-row]", block);
      block.hidden = inside.length > 0 && (typed.length || status || unit) ? inside.every((row) => row.hidden) : false;
    });
    tell(typed.length || status || unit ? (left ? words.found.replace("{n}", left) : words.none) : "");
  }
  if (box) box.addEventListener("input", filter);
  const served = one("form[hx-get]");
  const big = one("#q2");
  if (big) {
    if (!served) {
      const asked = new URLSearchParams(location.search).get("q");
      if (asked) { big.value = asked; filter(); }
      big.addEventListener("input", filter);
      big.form.addEventListener("submit", (event) => event.preventDefault());
    }
    big.focus();
  }
  all("[data-filter]").forEach((button) => button.addEventListener("click", () => {
    status = status === button.dataset.filter ? "" : button.dataset.filter;
    all("[data-filter]").forEach((other) => other.setAttribute("aria-pressed", String(other.dataset.filter === status)));
    filter();
  }));
  all("[data-pick]").forEach((select) => select.addEventListener("change", filter));

  window.addEventListener("beforeprint", () => all("details").forEach((part) => { part.open = true; }));

  /* keys: / j k Enter g h ? Esc */
  let chosen = null;
  let before = "";
  function choose(row) {
    if (chosen) chosen.classList.remove("chosen");
    chosen = row;
    if (!row) return;
    row.classList.add("chosen");
    const link = one("a[href]", row);
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const list = visible();
    if (!list.length) return;
    const at = list.indexOf(chosen);
    choose(list[Math.max(0, Math.min(list.length - 1, at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by))]);
  }
  const help = one("#help");
  const keys = {
    "/": () => (big || box).focus(),
    j: () => step(1), k: () => step(-1),
    "?": () => help && !help.open && help.showModal(),
    h: () => { if (before === "g") location.href = one(".brand").href; },
    Enter: (event) => {
      if (!chosen || event.target.closest("a, button, summary")) return false;
      const link = one("a[href]", chosen);
      if (link) link.click();
      return true;
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") {
      if (typing) { event.target.value = ""; filter(); event.target.blur(); }
      return;
    }
    if (typing || !keys[event.key]) { before = event.key; return; }
    if (keys[event.key](event) !== false) event.preventDefault();
    before = event.key;
  });
  if (box) box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); box.blur(); step(1); }
  });
  const opener = one("#help-open");
  if (opener) opener.addEventListener("click", () => help.showModal());

  /* highlights: every piece of the span that the address names */
  function light() {
    const id = decodeURIComponent(location.hash.slice(1));
    all("mark.on").forEach((mark) => mark.classList.remove("on"));
    all(".register .on").forEach((item) => item.classList.remove("on"));
    if (!id) return;
    const place = document.getElementById(id);
    all("mark[data-ids]").filter((mark) => mark.dataset.ids.split(" ").includes(id)).forEach((mark) => mark.classList.add("on"));
    const item = all(".register .where").find((link) => link.getAttribute("href") === "#" + id);
    if (item) item.closest("li").classList.add("on");
    if (place) {
      const closed = place.closest("details:not([open])");
      if (closed) { closed.open = true; place.scrollIntoView(); }
    }
  }
  window.addEventListener("hashchange", light);
  light();
  all(".text mark[data-ids]").forEach((mark) => mark.addEventListener("click", () => {
    const id = mark.dataset.ids.split(" ").find((name) => name.startsWith("T-"));
    const where = id && all(".register .where").find((link) => link.getAttribute("href") === "#" + id);
    if (where) location.href = one(".rowlink", where.closest("li")).href;
  }));

  /* charts */
  const ink = "#3d444b", rule = "#d4dad8";
  const palette = ["#0b4f56", "#b5651d", "#5b6bb0", "#8a3b6b", "#3d7d3a", "#6d6d6d", "#b08900", "#2f6f9f"];
  const styles = {
    cumulative: { color: "#0b4f56", width: 2.5, type: "solid" }, last_year: { color: "#8b949c", width: 1.5, type: "solid" },
    allowed: { color: "#b5651d", width: 2, type: "dashed" }, p50: { color: "#6d5f96", width: 2, type: "dotted" }, fan: { color: "#6d5f96" }, measured: { color: "#0b4f56" }, deducted: { color: "#b9a06a" },
  };
  const number = (text) => (text === null || text === undefined ? null : Number(text));
  const axis = { axisLine: { lineStyle: { color: rule } }, axisLabel: { color: ink }, splitLine: { lineStyle: { color: "#edf0ef" } } };
  const base = () => ({
    animation: false, aria: { enabled: true }, grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, legend: { top: 0, left: 0, textStyle: { color: ink }, itemWidth: 22 },
    tooltip: { trigger: "axis", confine: true, textStyle: { fontSize: 13 } },
  });
  const tip = (data) => (found) => {
    const at = found[0].dataIndex;
    return [data.x[at], ...data.series.map((line) => line.style === "fan" ? (line.data[at] === null ? "" : `${line.name}: ${brief(line.data[at])} – ${brief(line.high[at])}`) : `${line.name}: ${brief(line.data[at])}`)].filter(Boolean).join("<br>");
  };
  const draw = {
    cumulative(data) {
      const given = number(data.target);
      const target = Number.isNaN(given) ? null : given;
      const series = data.series.filter((line) => line.style !== "fan").map((line) => ({
        name: line.name, type: "line", symbol: "none", data: line.data.map(number), connectNulls: line.style === "p50",
        lineStyle: { color: styles[line.style].color, width: styles[line.style].width, type: styles[line.style].type },
        itemStyle: { color: styles[line.style].color },
      }));
      // the fan: a bare line at 10 % and, stacked on it, the room up to 90 %; drawn straight over days between two that are given
      const filled = (given) => {
        const known = given.map(number), at = known.flatMap((value, i) => (value === null ? [] : [i]));
        return known.map((value, i) => {
          const next = at.find((j) => j > i), last = at.filter((j) => j < i).pop();
          return value !== null || next === undefined || last === undefined ? value : known[last] + ((known[next] - known[last]) * (i - last)) / (next - last);
        });
      };
      const fan = data.series.find((line) => line.style === "fan");
      const bare = { type: "line", symbol: "none", stack: "fan", stackStrategy: "all", silent: true, lineStyle: { width: 0 }, itemStyle: { color: styles.fan.color } };
      if (fan) {
        const low = filled(fan.data), high = filled(fan.high);
        series.push({ ...bare, data: low, tooltip: { show: false } });
        series.push({ ...bare, name: fan.name, areaStyle: { color: styles.fan.color, opacity: 0.2 },
          data: high.map((top, i) => (top === null || low[i] === null ? null : top - low[i])) });
      }
      if (target !== null && series.length) {
        series[0].markLine = {
          silent: true, symbol: "none", lineStyle: { color: "#a4161a", width: 1.5, type: "solid" }, data: [{ yAxis: target }],
          label: { formatter: `${words.target} ${data.target_text || data.target}`, position: data.near ? "insideStartTop" : "insideEndTop", color: "#a4161a" },
        };
      }
      const narrow = fan && window.innerWidth < 720; // the names of the lines take two rows
      return { ...base(), grid: { ...base().grid, top: narrow ? 62 : 36 }, xAxis: { type: "category", data: data.x, ...axis, axisLabel: { color: ink, formatter: (day) => day.slice(5), hideOverlap: true } },
        yAxis: { type: "value", scale: true, ...axis, min: (range) => Math.floor(Math.min(range.min, target ?? range.min)), max: (range) => Math.ceil(Math.max(range.max, target ?? range.max)) }, series, tooltip: { ...base().tooltip, formatter: tip(data) } };
    },
    trend(data) {
      return { ...base(), legend: { ...base().legend, type: "plain", selected: Object.fromEntries(data.series.map((line, i) => [line.name, i < 2])) },
        grid: { ...base().grid, top: window.innerWidth < 720 ? 76 : 40 },
        dataZoom: [{ type: "inside", startValue: Math.max(0, data.x.length - 366), zoomOnMouseWheel: "ctrl" }],
        xAxis: { type: "category", data: data.x, ...axis, axisLabel: { color: ink, hideOverlap: true } }, yAxis: { type: "value", scale: true, ...axis },
        series: data.series.map((line, i) => ({ name: line.name, type: "line", symbol: "none", data: line.data.map(number), lineStyle: { width: 1.4 }, color: palette[i % palette.length] })),
        tooltip: { ...base().tooltip, formatter: tip(data) } };
    },
    bars(data) {
      const marks = data.marks.filter((mark) => !Number.isNaN(Number(mark.value)));
      const series = data.series.map((line) => ({ name: line.name, type: "bar", barMaxWidth: 34, data: line.data.map(number), itemStyle: { color: (styles[line.style] || {}).color } }));
      if (series.length) series[0].markLine = { silent: true, symbol: "none", lineStyle: { color: "#a4161a" }, data: marks.map((mark) => ({ yAxis: Number(mark.value) })),
        label: { formatter: (found) => `${words.target} ${found.value}`, position: "insideEndTop", color: "#a4161a" } };
      return { ...base(), xAxis: { type: "category", data: data.x, ...axis }, yAxis: { type: "value", ...axis }, series, tooltip: { ...base().tooltip, formatter: tip(data) } };
    },
    spread(data) {
      const levels = Object.fromEntries(data.levels.map((level) => [level.level, level]));
      const signs = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
      const groups = data.levels.filter((level) => data.points.some((point) => String(point[2]) === String(level.level)));
      const spread = (day) => ((Number(day.slice(8, 10)) - 16) / 31) * 0.7;
      return { ...base(), tooltip: { trigger: "item", confine: true, formatter: (found) => `${found.data[2]}<br>${found.seriesName} ${found.data[1]}` },
        xAxis: { type: "value", min: 0.4, max: 12.6, interval: 1, ...axis, splitLine: { show: false }, axisLabel: { color: ink, formatter: (n) => (Number.isInteger(n) ? n : "") } },
        yAxis: { type: "value", ...axis },
        series: groups.map((level, i) => ({ type: "scatter", name: levelName(level), symbol: signs[i % signs.length], symbolSize: 7,
          itemStyle: { color: levels[level.level].colour, borderColor: "#30363c", borderWidth: 0.6 },
          data: data.points.filter((point) => String(point[2]) === String(level.level)).map((point) => [point[0] + spread(point[3]), Number(point[1]), point[3]]) })) };
    },
  };
  // what is to come, behind as many days of what was: the fan seen from near
  function ahead(data) {
    const fan = data.series.find((line) => line.style === "fan");
    const first = fan ? fan.data.findIndex((value) => value !== null) : -1;
    if (first < 0) return data;
    const from = Math.max(0, first - Math.max(30, data.x.length - first));
    const cut = (list) => list.slice(from);
    return { ...data, near: true, x: cut(data.x), series: data.series.map((line) => ({ ...line, data: cut(line.data), ...(line.high ? { high: cut(line.high) } : {}) })) };
  }
  if (globalThis.echarts) {
    all("[data-chart]").forEach((place) => {
      const data = place.dataset.part === "ahead" ? ahead(read(place.dataset.chart)) : read(place.dataset.chart);
      const chart = globalThis.echarts.init(place, null, { renderer: "svg" });
      chart.setOption(draw[data.kind](data));
      new ResizeObserver(() => chart.resize()).observe(place);
    });
  }

  /* map: maplibre where WebGL works, plain drawing where it does not */
  const place = one("#map");
  if (place) {
    const data = read("map-data");
    const pin = (point) => {
      const made = document.createElement("a");
      const level = point.last && data.levels[point.last.scale].find((row) => String(row.level) === String(point.last.level));
      made.className = `pin ${point.kind}${["air_site", "section"].includes(point.kind) ? "" : " sampled"}`;
      made.href = `${data.href}${point.site.replace(/\//g, "_").replace(/[^\p{L}\p{N}_.-]/gu, "-")}.html`;
      const mark = document.createElement("b");
      mark.textContent = point.last ? (point.last.value ?? (level ? levelName(level) : "")) : made.classList.contains("sampled") ? "" : "—";
      if (level) { mark.style.background = level.colour; mark.style.color = contrast(level.colour); } else mark.style.background = "#fff";
      const name = document.createElement("span");
      name.textContent = point.name;
      made.append(mark, name);
      made.title = level ? `${point.name} ${point.last.when} ${levelName(level)}` : point.name;
      return made;
    };
    const longitudes = data.points.map((point) => point.lon), latitudes = data.points.map((point) => point.lat);
    const corners = data.regions.features.flatMap((feature) => feature.geometry.coordinates.flat(feature.geometry.type === "MultiPolygon" ? 2 : 1));
    corners.forEach(([lon, lat]) => { longitudes.push(lon); latitudes.push(lat); });
    const bounds = [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
    if (globalThis.maplibregl && webgl()) gl(place, data, bounds, pin); else plain(place, data, bounds, pin);
  }
  function contrast(colour) {
    const part = (from) => ((parseInt(colour.slice(from, from + 2), 16) / 255 + 0.055) / 1.055) ** 2.4;
    const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    return (light + 0.05) / 0.062 >= 1.05 / (light + 0.05) ? "#1b1f23" : "#ffffff";
  }
  function webgl() {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  }
  function gl(box, data, bounds, pin) {
    const style = {
      version: 8, sources: { regions: { type: "geojson", data: data.regions } },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": "#f2f5f4" } },
        { id: "region", type: "fill", source: "regions", paint: { "fill-color": "#e3ecea" } },
        { id: "border", type: "line", source: "regions", paint: { "line-color": "#8aa5a3", "line-width": 1.2 } },
      ],
    };
    const map = new maplibregl.Map({ container: box, style, bounds: [[bounds[0], bounds[1]], [bounds[2], bounds[3]]], fitBoundsOptions: { padding: Math.min(45, box.clientWidth / 14), maxZoom: 13 },
      attributionControl: false, cooperativeGestures: false, dragRotate: false, pitchWithRotate: false });
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
    map.addControl(new maplibregl.ScaleControl({}));
    map.scrollZoom.disable();
    named(data).forEach((label) => new maplibregl.Marker({ element: regionName(label.name) }).setLngLat([label.lon, label.lat]).addTo(map));
    data.points.forEach((point) => new maplibregl.Marker({ element: pin(point), anchor: "top", offset: [0, -15] }).setLngLat([point.lon, point.lat]).addTo(map));
    map.on("moveend", () => declutter(box));
    map.once("idle", () => { declutter(box); box.dataset.ready = "gl"; });
  }
  function named(data) {
    return data.regions.features.filter((feature) => feature.properties.name && feature.properties.level === "county").map((feature) => {
      const ring = (feature.geometry.type === "MultiPolygon" ? feature.geometry.coordinates[0] : feature.geometry.coordinates)[0];
      const middle = (at) => (Math.min(...ring.map((corner) => corner[at])) + Math.max(...ring.map((corner) => corner[at]))) / 2;
      return { name: feature.properties.name, lon: middle(0), lat: middle(1) };
    });
  }
  function regionName(name) {
    const made = document.createElement("i");
    made.className = "regionname";
    made.textContent = name;
    return made;
  }
  /* a name that would cover another pin or name waits until it is pointed at */
  function declutter(box) {
    const pins = [...box.querySelectorAll(".pin")];
    pins.forEach((made) => made.classList.remove("quiet"));
    const taken = pins.map((made) => [made, made.querySelector("b").getBoundingClientRect()]);
    const clash = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    pins.forEach((made) => {
      const name = made.querySelector("span").getBoundingClientRect();
      if (taken.some(([owner, there]) => owner !== made && clash(name, there))) made.classList.add("quiet");
      else taken.push([made, name]);
    });
  }
  function plain(box, data, bounds, pin) {
    const wide = Math.max(bounds[2] - bounds[0], 0.01), high = Math.max(bounds[3] - bounds[1], 0.01);
    const x = (lon) => 8 + ((lon - bounds[0]) / wide) * 84, y = (lat) => 90 - ((lat - bounds[1]) / high) * 80;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 100 100");
    svg.setAttribute("preserveAspectRatio", "none");
    data.regions.features.forEach((feature) => {
      const polygons = feature.geometry.type === "MultiPolygon" ? feature.geometry.coordinates : [feature.geometry.coordinates];
      polygons.flat().forEach((ring) => {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
        line.setAttribute("points", ring.map(([lon, lat]) => `${x(lon)},${y(lat)}`).join(" "));
        line.setAttribute("fill", "#e3ecea"); line.setAttribute("stroke", "#8aa5a3"); line.setAttribute("stroke-width", ".3");
        svg.append(line);
      });
    });
    box.append(svg);
    named(data).forEach((label) => { const made = regionName(label.name); made.classList.add("fixed"); made.style.left = `${x(label.lon)}%`; made.style.top = `${y(label.lat)}%`; box.append(made); });
    data.points.forEach((point) => { const made = pin(point); made.classList.add("fixed"); made.style.left = `${x(point.lon)}%`; made.style.top = `${y(point.lat)}%`; box.append(made); });
    declutter(box);
    addEventListener("resize", () => declutter(box));
    box.dataset.ready = "plain";
  }
})();
