// The page's own script: charts, the switch of light and dark, filters, sorting, paper.
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  // Charts draw ink and ground by the style sheet, so that one drawing serves light, dark and paper.
  async function draw() {
    const specs = read("specs");
    const config = { ...read("config"), background: null };
    const options = { renderer: "svg", config, actions: { export: true, source: false, compiled: false, editor: false } };
    for (const place of all("[data-chart]")) {
      const name = place.dataset.chart;
      try {
        await vegaEmbed(place, specs[name], { ...options, downloadFileName: name.replace(":", "-") });
      } catch (error) {
        place.textContent = "This chart could not be drawn: " + error.message;
        console.error(name, error);
      }
    }
    root.dataset.drawn = String(all("[data-chart] svg.marks").length);
  }

  function modes() {
    const button = document.getElementById("mode");
    const dark = () => (root.dataset.mode || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const show = () => button.setAttribute("aria-pressed", String(dark()));
    button.addEventListener("click", () => { root.dataset.mode = dark() ? "light" : "dark"; show(); });
    show();
  }

  function filterTests() {
    const boxes = all(".filter input");
    const items = all(".tests > li");
    const show = () => {
      const wanted = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
      for (const item of items) item.hidden = !wanted.has(item.dataset.verdict);
      document.getElementById("tests-shown").textContent = `${items.filter((i) => !i.hidden).length} of ${items.length} tests`;
    };
    boxes.forEach((b) => b.addEventListener("change", show));
    if (items.length) show();
  }

  function filterAssumptions() {
    const search = document.getElementById("search");
    const assumed = document.getElementById("assumed");
    if (!search) return;
    const show = () => {
      const word = search.value.toLowerCase();
      for (const row of all("#assumption-table tbody tr"))
        row.hidden = !row.textContent.toLowerCase().includes(word) || (assumed.checked && !("assumed" in row.dataset));
    };
    search.addEventListener("input", show);
    assumed.addEventListener("change", show);
  }

  function sorting() {
    for (const head of all(".sortable thead th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(head));
    }
  }

  function sortBy(head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const body = head.closest("table").tBodies[0];
    const cell = (row) => row.cells[head.cellIndex].textContent.trim();
    const rows = [...body.rows].sort((a, b) => (up ? 1 : -1) * cell(a).localeCompare(cell(b), "en", { numeric: true }));
    all("th", head.parentNode).forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  }

  // On paper nothing can be opened: show the evidence of what did not pass, then close it again.
  function paper() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all(".tests .fail > details:not([open]), .flags details:not([open]), .card details:not([open]), #paths > details:not([open])");
      opened.forEach((d) => { d.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
  }

  modes();
  filterTests();
  filterAssumptions();
  sorting();
  paper();
  draw();
})();
