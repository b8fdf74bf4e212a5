/*
Copyright (c) 2026 day2.ops contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
*/
"use strict";
(() => {
  const CHUNK = 200; // rows that are added at once
  const STATUS = {p: "pass", f: "fail", u: "unknown", s: "skipped"};
  const SEVERITY = {c: "critical", w: "warning", o: "observe"};
  const SYMBOL = {p: "\u2713", f: "\u2717", u: "?", s: "-"};
  const byId = (id) => document.getElementById(id);
  const isBad = (letter) => letter === "f" || letter === "u";

  function themeButton() {
    const button = byId("theme"), root = document.documentElement;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
    const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
    dark.addEventListener("change", name);
    button.hidden = false;
    name();
  }

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function shape(tag, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // A bar a run, tall where it did not pass, and above them the curve of the check's number.
  function sparkline(course, path, curve, figures) {
    const step = 7, height = 26, runs = course.length;
    const count = (letter) => course.split(letter).length - 1;
    const [least, most, last] = figures.split("|");
    const numbers = curve ? `; ${path} from ${least} to ${most}, now ${last}` : "";
    const label = `${runs} runs: ${count("p")} pass, ${count("f")} fail, ${count("u")} unknown${numbers}`;
    const svg = shape("svg", {width: runs * step, height, role: "img", "aria-label": label});
    const title = shape("title", {});
    title.textContent = label;
    svg.append(title);
    [...course].forEach((letter, run) => {
      const tall = {f: 9, u: 6}[letter] || 3;
      if (letter !== "-") {
        svg.append(shape("rect", {x: run * step, y: height - tall, width: step - 2, height: tall, class: letter}));
      }
    });
    let line = "", drawn = false;
    [...curve].forEach((digit, run) => {
      if (digit !== "-") line += `${drawn ? "L" : "M"}${run * step + 2.5} ${15 - parseInt(digit, 36) * 14 / 35} `;
      drawn = digit !== "-";
    });
    if (line) svg.append(shape("path", {d: line, class: "curve"}));
    return svg;
  }

  function checks(data) {
    const text = (column, row) => data.texts[data[column][row]];
    const total = data.host.length;
    const all = Array.from({length: total}, (_none, row) => row);
    const find = byId("find"), show = byId("show"), severity = byId("severity"), host = byId("host");
    const body = document.querySelector("#table tbody"), more = byId("more"), count = byId("count");
    const problems = all.filter((row) => isBad(data.status[row])).length;
    let filtered = [], drawn = 0, key = "", falling = false;

    const SHOW = {
      problems: (row) => isBad(data.status[row]),
      new: (row) => data.new[row] === "1",
      all: () => true,
    };
    for (const [letter, word] of Object.entries(STATUS)) SHOW[word] = (row) => data.status[row] === letter;
    const RANK = {status: "fusp", severity: "cwo"};
    const KEYS = {
      status: (row) => RANK.status.indexOf(data.status[row]),
      severity: (row) => RANK.severity.indexOf(data.severity[row]),
      seconds: (row) => data.seconds[row],
    };
    for (const column of ["host", "check", "kind", "reason", "since"]) KEYS[column] = (row) => text(column, row);

    function options(select, entries) {
      for (const [value, word] of entries) select.append(new Option(word, value));
    }
    const numberOf = (word) => all.filter(SHOW[word]).length;
    const words = {problems: "problems", new: "new since the last run", all: "all checks"};
    options(show, Object.keys(SHOW).map((word) => [word, `${words[word] || word} (${numberOf(word)})`]));
    options(severity, [["", "all"], ...Object.entries(SEVERITY)]);
    const hosts = [...new Set(data.host)].map((place) => data.texts[place]);
    options(host, [["", "all"], ...hosts.map((name) => [name, name])]);
    const first = problems ? "problems" : "all";
    for (const option of show.options) option.defaultSelected = option.value === first;
    show.value = first;

    const haystack = []; // made when it is first needed
    function wordsOf(row) {
      const columns = ["host", "check", "kind", "reason"];
      haystack[row] ??= columns.map((column) => text(column, row)).join(" ").toLowerCase();
      return haystack[row];
    }

    function matches(row, needles) {
      return SHOW[show.value](row)
        && (!severity.value || data.severity[row] === severity.value)
        && (!host.value || text("host", row) === host.value)
        && needles.every((needle) => wordsOf(row).includes(needle));
    }

    function compare(left, right) {
      if (key) {
        const a = KEYS[key](left), b = KEYS[key](right);
        if (a !== b) return (a < b ? -1 : 1) * (falling ? -1 : 1);
        return left - right;
      }
      return KEYS.severity(left) - KEYS.severity(right) || KEYS.status(left) - KEYS.status(right) || left - right;
    }

    function rowElement(row) {
      const line = element("tr"), letter = data.status[row];
      const status = element("td"), mark = element("span", "", `mark ${STATUS[letter]}`);
      const symbol = element("span", SYMBOL[letter]);
      symbol.setAttribute("aria-hidden", "true");
      mark.append(symbol, ` ${STATUS[letter]}`);
      status.append(mark);
      if (data.new[row] === "1") status.append(" ", element("span", "new", "new"));
      const reason = element("td", text("reason", row)), runbook = text("runbook", row);
      if (/^https?:\/\//i.test(runbook)) {
        const link = element("a", "runbook");
        link.href = runbook;
        link.rel = "noopener noreferrer";
        reason.append(" ", link);
      }
      const history = element("td"), course = text("course", row);
      if (course.length > 1) history.append(sparkline(course, text("path", row), text("curve", row), text("figures", row)));
      line.append(status, element("td", SEVERITY[data.severity[row]]));
      for (const column of ["host", "check", "kind"]) line.append(element("td", text(column, row)));
      const since = text("since", row).replace("T", " ").slice(0, 16);
      line.append(reason, element("td", since), history, element("td", data.seconds[row].toFixed(3)));
      return line;
    }

    function draw(rows) {
      const part = document.createDocumentFragment();
      for (const row of filtered.slice(drawn, drawn + rows)) part.append(rowElement(row));
      body.append(part);
      drawn = Math.min(drawn + rows, filtered.length);
      more.hidden = drawn >= filtered.length;
    }

    function redraw() {
      body.replaceChildren();
      drawn = 0;
      draw(CHUNK);
      count.textContent = `${filtered.length} of ${total} checks`;
    }

    function update() {
      const needles = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      filtered = all.filter((row) => matches(row, needles)).sort(compare);
      redraw();
    }

    for (const button of document.querySelectorAll("#table th button")) {
      button.addEventListener("click", () => {
        falling = key === button.dataset.key && !falling;
        key = button.dataset.key;
        for (const other of document.querySelectorAll("#table th[aria-sort]")) other.removeAttribute("aria-sort");
        button.parentElement.setAttribute("aria-sort", falling ? "descending" : "ascending");
        update();
      });
    }
    const form = byId("controls");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", update);
    form.addEventListener("reset", () => setTimeout(update));
    more.addEventListener("click", () => draw(CHUNK));
    new IntersectionObserver((seen) => { if (seen[0].isIntersecting) draw(CHUNK); }, {rootMargin: "400px"}).observe(more);
    addEventListener("beforeprint", () => draw(filtered.length));
    addEventListener("afterprint", redraw);
    form.hidden = false;
    update();
  }

  themeButton();
  const data = byId("data");
  if (data) checks(JSON.parse(data.textContent));
})();
