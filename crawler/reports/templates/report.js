
"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const facts = JSON.parse(byId("facts").textContent);
  const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]|(?! )\p{Zs}/u;
  const NOTHING = "\u2205";
  const MOST_HEIGHT = 8e6;  // pixels; taller elements are cut off by browsers
  const SLICE_MS = 12;      // of work between two chances to draw
  root.classList.add("js");

  // ---- light and dark -------------------------------------------------------------------
  const theme = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  dark.addEventListener("change", nameTheme);
  nameTheme();

  // ---- the tables of totals --------------------------------------------------------------
  const tabs = document.querySelector(".tabs");
  const showGroup = (name) => {
    for (const group of document.querySelectorAll("[data-group]")) group.hidden = group.dataset.group !== name;
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.table === name));
  };
  tabs.hidden = false;
  tabs.addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.table;
    if (name) showGroup(name);
  });
  showGroup("all");
  for (const button of document.querySelectorAll(".expand")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = button.closest("tr").nextElementSibling.classList.toggle("open");
      button.setAttribute("aria-expanded", String(open));
    });
  }

  // ---- text that may be hostile ----------------------------------------------------------
  // Always through text nodes: nothing of a list is ever parsed as markup.
  const seen = (text) => {
    const box = document.createElement("bdi");
    let plain = "";
    const flush = () => { if (plain) { box.append(plain); plain = ""; } };
    if (!HIDDEN.test(text)) { box.append(text); return box; }
    for (const character of text) {
      if (!HIDDEN.test(character)) { plain += character; continue; }
      flush();
      const mark = document.createElement("span");
      mark.className = "hidden-mark";
      mark.textContent = "\\u{" + character.codePointAt(0).toString(16).toUpperCase() + "}";
      box.append(mark);
    }
    flush();
    return box;
  };
  const grouped = (text) => {
    const [whole, fraction = ""] = text.split(".");
    const kept = fraction.replace(/0+$/, "");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (kept ? "." + kept : "");
  };

  // ---- reading the rows ------------------------------------------------------------------
  const total = facts.rows;
  const rows = {
    number: new Int32Array(total), claimed: new Array(total), observed: new Array(total), address: new Array(total),
    claimedValue: new Float64Array(total), observedValue: new Float64Array(total), of: {},
  };
  const tables = {};
  for (const name of Object.keys(facts.groups)) {
    rows.of[name] = new Uint32Array(total);
    tables[name] = { known: new Map(), entries: [] };
  }
  let loaded = 0;

  const take = (block) => {
    for (const name of Object.keys(facts.groups)) {
      const table = tables[name];
      const places = block.tables[name].map((entry) => {
        const key = JSON.stringify(entry);
        let place = table.known.get(key);
        if (place === undefined) {
          place = table.entries.length;
          table.known.set(key, place);
          table.entries.push(entry);
        }
        return place;
      });
      const target = rows.of[name];
      block.entries[name].forEach((entry, index) => { target[loaded + index] = places[entry]; });
    }
    const { row, address, claimed, observed } = block.columns;
    for (let index = 0; index < block.rows; index += 1) {
      const at = loaded + index;
      rows.number[at] = row[index];
      rows.address[at] = address[index];
      rows.claimed[at] = claimed[index];
      rows.observed[at] = observed[index];
      rows.claimedValue[at] = claimed[index] === null ? -1 : Number(claimed[index]);
      rows.observedValue[at] = observed[index] === null ? -1 : Number(observed[index]);
    }
    loaded += block.rows;
  };

  const pause = () => new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { channel.port1.close(); resolve(); };
    channel.port2.postMessage(0);
  });

  const unpacked = (element) => {
    const text = element.textContent;
    element.remove();
    let at = 0;
    const STEP = 1 << 18;  // characters of base64; a multiple of 4
    return new ReadableStream({
      pull(stream) {
        if (at >= text.length) { stream.close(); return; }
        const binary = atob(text.slice(at, at + STEP));
        at += STEP;
        const bytes = new Uint8Array(binary.length);
        for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
        stream.enqueue(bytes);
      },
    }).pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
  };

  const load = async () => {
    const reader = unpacked(byId("rows")).getReader();
    let rest = "";
    let since = performance.now();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const end = value.lastIndexOf("\n");
      if (end < 0) { rest += value; continue; }
      for (const line of (rest + value.slice(0, end)).split("\n")) {
        take(JSON.parse(line));
        if (performance.now() - since > SLICE_MS) { await pause(); since = performance.now(); }
      }
      rest = value.slice(end + 1);
    }
    if (loaded !== total) throw new Error(`${loaded} of ${total} rows`);
  };

  // ---- filters ---------------------------------------------------------------------------
  // What each filter looks at: a table and the value of one of its entries.
  const member = (table, name) => {
    const place = facts.groups[table].indexOf(name);
    return [table, (entry) => entry[place]];
  };
  const filters = {
    finding: member("finding", "finding"),
    reason: member("finding", "reason"),
    balance: ["finding", (entry) => ["match", "surplus", "shortfall"].includes(entry[0]) ? "observed" : "not observed"],
    listed: ["finding", (entry) => entry[1] === "duplicate" ? "again" : "once"],
    ownership: member("ownership", "ownership"),
    ownership_reason: member("ownership", "ownership_reason"),
    asset: ["claim", (entry) => entry[2] ?? (entry[4] === null ? null : "? " + entry[1])],
    network: ["claim", (entry) => entry[3] ?? (entry[4] === null ? null : "?")],
    custodian: member("claim", "custodian"),
    held_by: ["claim", (entry) => entry[4] === null ? null : entry[4] === "third-party" ? "third-party" : "itself"],
    holding: member("claim", "holding"),
    file: member("claim", "file"),
    assurance: member("reading", "assurance"),
  };
  const selects = {};
  for (const select of document.querySelectorAll("[data-filter]")) selects[select.dataset.filter] = select;
  const search = byId("search");
  const key = (value) => value === null ? NOTHING : String(value);

  const fillSelects = () => {
    const counts = {};
    for (const [name, [table]] of Object.entries(filters)) {
      counts[table] ??= (() => {
        const found = new Uint32Array(tables[table].entries.length);
        for (const place of rows.of[table]) found[place] += 1;
        return found;
      })();
      const values = new Map();
      tables[table].entries.forEach((entry, place) => {
        const value = key(filters[name][1](entry));
        values.set(value, (values.get(value) ?? 0) + counts[table][place]);
      });
      selects[name].replaceChildren(new Option("all", ""));
      for (const value of [...values.keys()].sort()) {
        const shown = value === NOTHING ? "(none)" : seen(value).textContent;
        selects[name].append(new Option(`${shown} (${values.get(value).toLocaleString("en")})`, "=" + value));
      }
    }
  };

  // ---- which rows, in which order ----------------------------------------------------------
  let order = new Uint32Array(0);
  let sorted = { by: "row", down: false };
  let turn = 0;

  const apply = async () => {
    turn += 1;
    const mine = turn;
    const wanted = search.value.trim().toLowerCase();
    const passes = {};
    let isFiltered = wanted !== "";
    for (const [name, [table, of]] of Object.entries(filters)) {
      const chosen = selects[name].value;
      if (chosen === "") continue;
      isFiltered = true;
      const flags = passes[table] ??= new Uint8Array(tables[table].entries.length).fill(1);
      tables[table].entries.forEach((entry, place) => { if ("=" + key(of(entry)) !== chosen) flags[place] = 0; });
    }
    const found = {};
    if (wanted) {
      for (const [name, table] of Object.entries(tables)) {
        found[name] = Uint8Array.from(table.entries, (entry) => entry.flat().some((value) => value !== null && String(value).toLowerCase().includes(wanted)) ? 1 : 0);
      }
    }
    const must = Object.entries(passes).map(([table, flags]) => [rows.of[table], flags]);
    const may = Object.entries(found).map(([table, flags]) => [rows.of[table], flags]);
    const fits = new Uint32Array(total);
    let count = 0;
    let since = performance.now();
    for (let at = 0; at < total; at += 1) {
      if ((at & 1023) === 0 && performance.now() - since > SLICE_MS) {
        await pause();
        if (mine !== turn) return;
        since = performance.now();
      }
      if (!must.every(([of, flags]) => flags[of[at]])) continue;
      if (wanted && !may.some(([of, flags]) => flags[of[at]]) && !rows.address[at].toLowerCase().includes(wanted)
        && rows.claimed[at] !== wanted && rows.observed[at] !== wanted && String(rows.number[at]) !== wanted) continue;
      fits[count] = at;
      count += 1;
    }
    order = fits.slice(0, count);
    sort();
    byId("count").textContent = isFiltered
      ? `${count.toLocaleString("en")} of ${total.toLocaleString("en")} rows` : `${total.toLocaleString("en")} rows`;
    byId("clear").hidden = !isFiltered;
    active = count ? 0 : -1;
    view.scrollTop = 0;
    draw();
  };

  const compareAmounts = (values, texts) => (one, other) => {
    const rough = values[one] - values[other];
    if (rough || texts[one] === texts[other]) return rough;
    // Equal as floating point: compared digit by digit.
    const [a, b] = [texts[one], texts[other]].map((text) => (text ?? "").split("."));
    const whole = BigInt(a[0] || 0) - BigInt(b[0] || 0);
    if (whole) return whole > 0n ? 1 : -1;
    const width = Math.max((a[1] ?? "").length, (b[1] ?? "").length);
    const rest = BigInt((a[1] ?? "").padEnd(width, "0") || 0) - BigInt((b[1] ?? "").padEnd(width, "0") || 0);
    return rest > 0n ? 1 : rest < 0n ? -1 : 0;
  };
  const compareEntries = (name) => {
    const [table, of] = filters[name];
    const values = tables[table].entries.map((entry) => key(of(entry)));
    const places = new Map([...new Set(values)].sort().map((value, place) => [value, place]));
    const rank = Uint32Array.from(values, (value) => places.get(value));
    const column = rows.of[table];
    return (one, other) => rank[column[one]] - rank[column[other]];
  };
  const comparisons = {
    row: () => null,
    claimed: () => compareAmounts(rows.claimedValue, rows.claimed),
    observed: () => compareAmounts(rows.observedValue, rows.observed),
    address: () => (one, other) => rows.address[one] < rows.address[other] ? -1 : rows.address[one] > rows.address[other] ? 1 : 0,
  };
  const sort = () => {
    const compare = (comparisons[sorted.by] ?? (() => compareEntries(sorted.by)))();
    if (compare === null) { if (sorted.down) order.reverse(); return; }
    const sign = sorted.down ? -1 : 1;
    order.sort((one, other) => sign * compare(one, other) || one - other);
  };
  const headers = [...document.querySelectorAll("[data-sort]")];
  const sortBy = (name) => {
    sorted = { by: name, down: sorted.by === name && !sorted.down };
    for (const header of headers) {
      header.setAttribute("aria-sort", header.dataset.sort !== name ? "none" : sorted.down ? "descending" : "ascending");
    }
    order.sort();
    sort();
    active = order.length ? 0 : -1;
    view.scrollTop = 0;
    draw();
  };

  // ---- drawing what is in view ---------------------------------------------------------------
  const grid = byId("grid");
  const view = byId("view");
  const space = byId("space");
  let active = -1;
  const rowHeight = () => parseFloat(getComputedStyle(root).getPropertyValue("--row")) * parseFloat(getComputedStyle(root).fontSize);

  const cell = (name, content, word) => {
    const box = document.createElement("div");
    box.className = `f-${name}` + (word && /^[a-z-]+$/.test(word) ? ` w-${word}` : "");
    box.setAttribute("role", "gridcell");
    box.append(content);
    return box;
  };
  const entryOf = (table, at) => tables[table].entries[rows.of[table][at]];
  const item = (position) => {
    const at = order[position];
    const claim = entryOf("claim", at);
    const finding = entryOf("finding", at);
    const ownership = entryOf("ownership", at);
    const box = document.createElement("div");
    box.className = "row item" + (position === active ? " active" : "");
    box.setAttribute("role", "row");
    box.setAttribute("aria-rowindex", String(position + 2));
    box.setAttribute("aria-selected", String(position === active));
    box.id = `r${position}`;
    box.dataset.position = String(position);
    const amount = (text) => text === null ? "\u2013" : grouped(text);
    box.append(
      cell("row", String(rows.number[at])),
      cell("asset", seen(filters.asset[1](claim) ?? claim[1] ?? "")),
      cell("network", seen(claim[3] ?? "\u2013")),
      cell("address", seen(rows.address[at])),
      cell("claimed", amount(rows.claimed[at])),
      cell("observed", amount(rows.observed[at])),
      cell("ownership", ownership[0], ownership[0]),
      cell("finding", finding[0], finding[0]),
    );
    return box;
  };

  const measure = () => {
    const height = rowHeight();
    const whole = order.length * height;
    const tall = Math.min(whole, MOST_HEIGHT);
    space.style.height = `${tall}px`;
    return { height, whole, tall, room: view.clientHeight };
  };
  const draw = () => {
    const { height, whole, tall, room } = measure();
    grid.setAttribute("aria-rowcount", String(order.length + 1));
    grid.firstElementChild.style.paddingRight = `calc(1rem + ${view.offsetWidth - view.clientWidth}px)`;
    // In a list taller than an element can be, the scroll bar is a scale and not a distance.
    const share = tall > room ? view.scrollTop / (tall - room) : 0;
    const top = whole > tall ? share * (whole - room) : view.scrollTop;
    const first = Math.max(0, Math.floor(top / height) - 4);
    const last = Math.min(order.length, Math.ceil((top + room) / height) + 4);
    const shift = view.scrollTop - top;
    const drawn = document.createDocumentFragment();
    for (let position = first; position < last; position += 1) {
      const box = item(position);
      box.style.top = `${position * height + shift}px`;
      drawn.append(box);
    }
    space.replaceChildren(drawn);
    if (active >= first && active < last) grid.setAttribute("aria-activedescendant", `r${active}`);
    else grid.removeAttribute("aria-activedescendant");
  };
  let isDue = false;
  const drawSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; draw(); });
  };
  view.addEventListener("scroll", drawSoon, { passive: true });
  addEventListener("resize", drawSoon);

  const moveTo = (position) => {
    if (!order.length) return;
    active = Math.max(0, Math.min(order.length - 1, position));
    const { height, whole, tall, room } = measure();
    const scale = whole > tall ? (tall - room) / (whole - room) : 1;
    const top = view.scrollTop / scale;
    if (active * height < top) view.scrollTop = active * height * scale;
    else if ((active + 1) * height > top + room) view.scrollTop = Math.ceil(((active + 1) * height - room) * scale);
    draw();
  };
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(view.clientHeight / rowHeight()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) moveTo(active + steps[event.key]);
    else if (event.key === "Enter" && active >= 0) open(active);
    else if (/^[1-8]$/.test(event.key)) sortBy(headers[Number(event.key) - 1].dataset.sort);
    else return;
    event.preventDefault();
  });
  for (const header of headers) header.firstElementChild.addEventListener("click", () => sortBy(header.dataset.sort));
  space.addEventListener("click", (event) => {
    const box = event.target.closest(".item");
    if (!box || String(getSelection())) return;
    active = Number(box.dataset.position);
    draw();
    open(active);
  });

  // ---- one row ---------------------------------------------------------------------------------
  const detail = byId("detail");
  const open = (position) => {
    const at = order[position];
    const list = detail.querySelector("dl");
    list.replaceChildren();
    const say = (name, value) => {
      if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) return;
      const term = document.createElement("dt");
      term.textContent = name.replaceAll("_", " ");
      const text = document.createElement("dd");
      text.append(seen(Array.isArray(value) ? value.join(", ") : String(value)));
      list.append(term, text);
    };
    say("address", rows.address[at]);
    say("claimed", rows.claimed[at]);
    say("observed", rows.observed[at]);
    for (const table of ["ownership", "finding", "reading", "claim"]) {
      const entry = entryOf(table, at);
      facts.groups[table].forEach((name, place) => say(name, entry[place]));
    }
    byId("detail-title").textContent = `Line ${rows.number[at].toLocaleString("en")}`;
    const place = byId("explorer");
    place.replaceChildren();
    const network = entryOf("claim", at)[3];
    const template = network !== null && Object.hasOwn(facts.explorers, network) ? facts.explorers[network] : "";
    if (template.startsWith("https://")) {
      const link = document.createElement("a");
      link.href = template.replace("{address}", () => encodeURIComponent(rows.address[at]));
      link.rel = "noopener noreferrer";
      link.target = "_blank";
      link.textContent = `Look it up at ${link.hostname}`;
      place.append(link);
    }
    detail.showModal();
  };
  byId("close").addEventListener("click", () => detail.close());
  detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
  detail.addEventListener("close", () => grid.focus({ preventScroll: true }));

  // ---- from a number to its rows -------------------------------------------------------------
  const follow = () => {
    if (!location.hash.startsWith("#rows?")) return;
    const wanted = new URLSearchParams(location.hash.slice("#rows?".length));
    search.value = wanted.get("q") ?? "";
    for (const [name, select] of Object.entries(selects)) {
      const value = wanted.has(name) ? "=" + wanted.get(name) : "";
      if (value && ![...select.options].some((option) => option.value === value)) {
        select.append(new Option(`${seen(wanted.get(name)).textContent} (0)`, value));
      }
      select.value = value;
      if (value) select.closest("details")?.setAttribute("open", "");
    }
    byId("findings").scrollIntoView();
    return apply();
  };
  const clear = () => {
    search.value = "";
    for (const select of Object.values(selects)) select.value = "";
    history.replaceState(null, "", location.pathname + location.search);
    apply();
  };
  byId("clear").addEventListener("click", clear);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("change", (event) => { if (event.target !== search) apply(); });
  let typed = 0;
  search.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(apply, 120); });

  const start = async () => {
    if (typeof DecompressionStream === "undefined") throw new Error("it cannot unpack gzip");
    await load();
    fillSelects();
    byId("browser").hidden = false;
    await apply();
    addEventListener("hashchange", follow);
    await follow();
    byId("loading").remove();
    root.dataset.ready = String(Math.round(performance.now()));
  };
  start().catch((error) => {
    byId("loading").textContent = `This browser could not show the rows (${error.message}); findings.jsonl beside this page has them all.`;
    root.dataset.ready = "failed";
  });
})();
