"use strict";
(() => {
  const svg = document.querySelector("svg");
  const nodes = [...document.querySelectorAll(".node")];
  const arrows = [...document.querySelectorAll("path")];
  const search = document.getElementById("search");
  const told = document.getElementById("told");

  function clear() {
    svg.classList.remove("chosen");
    for (const each of [...nodes, ...arrows]) each.classList.remove("near", "picked");
    told.textContent = told.dataset.hint;
  }

  function pick(node) {
    const again = node.classList.contains("picked");
    clear();
    if (again) return;
    svg.classList.add("chosen");
    node.classList.add("near", "picked");
    const counts = { from: 0, to: 0 };
    for (const arrow of arrows) {
      const { from, to } = arrow.dataset;
      if (from !== node.id && to !== node.id) continue;
      const other = from === node.id ? to : from;
      arrow.classList.add("near");
      document.getElementById(other).classList.add("near");
      counts[from === node.id ? "to" : "from"] += 1;
    }
    told.textContent =
      `${node.getAttribute("aria-label")}: needs ${counts.from}, is needed by ${counts.to}`;
  }

  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let first = null;
    let count = 0;
    for (const node of nodes) {
      const fits = words.length > 0 && words.every((word) => node.dataset.text.includes(word));
      node.classList.toggle("found", fits);
      count += fits;
      if (fits && !first) first = node;
    }
    told.textContent = words.length ? `${count} found` : told.dataset.hint;
    if (first) first.scrollIntoView({ block: "center", inline: "center" });
  }

  for (const node of nodes) {
    node.addEventListener("click", () => pick(node));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        pick(node);
      }
    });
  }
  search.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
})();
