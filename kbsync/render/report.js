"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const cards = [...document.querySelectorAll(".card")];
  const chips = [...document.querySelectorAll(".chip")];
  const search = document.getElementById("search");
  const help = document.getElementById("help");
  const button = (name) => document.querySelector(`[data-do="${name}"]`);

  // Reading them is slow when there are thousands; nobody pays before the first search.
  let texts = null;
  const textOf = (index) => {
    texts ??= cards.map((card) => card.textContent.toLowerCase());
    return texts[index];
  };

  function filter() {
    const wanted = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const kinds = wanted.map((chip) => chip.dataset.kind);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card, index) => {
      const own = card.dataset.kinds.split(" ");
      const fits = (!kinds.length || kinds.some((kind) => own.includes(kind)))
        && words.every((word) => textOf(index).includes(word));
      card.hidden = !fits;
      shown += fits;
    });
    const filtered = kinds.length || words.length;
    document.getElementById("shown").textContent =
      filtered ? `${shown} of ${cards.length} shown` : "";
    document.getElementById("none").hidden = shown > 0;
    labelFold();
  }

  function unfilter() {
    chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    search.value = "";
    filter();
  }

  const visible = () => cards.filter((card) => !card.hidden);
  const allOpen = () => visible().every((card) => card.open);

  function labelFold() {
    button("fold").textContent = allOpen() ? "Close all" : "Open all";
  }

  function fold() {
    const open = !allOpen();
    visible().forEach((card) => { card.open = open; });
    labelFold();
  }

  function remember(name, value) {
    root.dataset[name] = value;
    // A page from a file may have no storage.
    try { localStorage.setItem(`kbsync-${name}`, value); } catch { /* so be it */ }
  }

  function remembered(name) {
    try { return localStorage.getItem(`kbsync-${name}`); } catch { return null; }
  }

  const systemIsDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark());

  function label() {
    button("view").textContent = root.dataset.view === "split" ? "Unified" : "Side by side";
    button("theme").textContent = isDark() ? "Light" : "Dark";
  }

  function view() {
    remember("view", root.dataset.view === "split" ? "unified" : "split");
    label();
  }

  function theme() {
    remember("theme", isDark() ? "light" : "dark");
    label();
  }

  function step(by) {
    const list = visible();
    if (!list.length) return;
    const here = list.indexOf(document.activeElement.closest(".card"));
    const next = here < 0 ? (by > 0 ? 0 : list.length - 1) : here + by;
    const card = list[Math.max(0, Math.min(list.length - 1, next))];
    card.querySelector("summary").focus();
    card.scrollIntoView({ block: "nearest" });
  }

  // A link to a configuration shows it, whatever was filtered or closed.
  function show(id) {
    const card = id && document.getElementById(id);
    if (!card || !card.classList.contains("card")) return;
    if (card.hidden) unfilter();
    card.open = true;
    card.querySelector("summary").focus({ preventScroll: true });
    card.scrollIntoView();
    labelFold();
  }

  const actions = { view, fold, theme, help: () => help.showModal(), close: () => help.close() };
  const keys = {
    j: () => step(1), k: () => step(-1), e: actions.fold, u: actions.view, t: actions.theme,
    "/": () => { search.focus(); search.select(); }, "?": actions.help,
  };

  document.addEventListener("click", (event) => {
    const action = event.target.closest("[data-do]");
    if (action) actions[action.dataset.do]();
    const link = event.target.closest('a[href^="#c"]');
    if (link) show(link.getAttribute("href").slice(1));
    const chip = event.target.closest(".chip");
    if (chip) {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target === search) {
      if (event.key === "Escape") { search.value = ""; filter(); search.blur(); }
      return;
    }
    const onCard = event.target.matches(".card > summary");
    const name = { ArrowDown: "j", ArrowUp: "k" }[event.key];
    const action = onCard && name ? keys[name] : Object.hasOwn(keys, event.key) && keys[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  if (!cards.length) return;
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  let asked = false;
  cards.forEach((card) => card.addEventListener("toggle", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; labelFold(); });
  }));

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = cards.filter((card) => !card.open);
    closed.forEach((card) => { card.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((card) => { card.open = false; }));

  if (["light", "dark"].includes(remembered("theme"))) root.dataset.theme = remembered("theme");
  if (["split", "unified"].includes(remembered("view"))) root.dataset.view = remembered("view");
  label();
  labelFold();
  addEventListener("hashchange", () => show(location.hash.slice(1)));
  show(location.hash.slice(1));
})();
