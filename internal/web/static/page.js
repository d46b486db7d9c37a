// The page is whole without this script. It chooses light or dark, keeps the page fresh, and asks for a look.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // The choice is applied before anything is drawn, which is why this file is not deferred.
  const kept = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;

  function themes() {
    const button = document.getElementById("theme");
    const text = document.getElementById("theme-text");
    const name = () => { text.textContent = isDark() ? "Light colours" : "Dark colours"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it holds for this page, then */ }
      name();
    });
    dark.addEventListener("change", name);
    name();
    button.hidden = false;
  }

  // renew fetches the page again and replaces the parts that differ, and nothing that a person is busy with.
  let busy = false, again = false;
  async function renew() {
    if (busy || document.hidden) { again = true; return; }
    busy = true; again = false;
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the next change or the next minute tries again */ }
    busy = false;
    if (again && !document.hidden) setTimeout(renew, 1000);
  }

  function replace(fresh) {
    const headline = text => (text.querySelector("#headline") || text.querySelector("h1"))?.textContent.trim();
    const before = headline(document);
    const states = new Map([...document.querySelectorAll("tr[data-row]")].map(row => [row.dataset.row, row.dataset.state]));
    document.body.dataset.stamp = fresh.body.dataset.stamp;
    document.title = fresh.title;
    const icon = document.getElementById("icon"), newer = fresh.getElementById("icon").getAttribute("href");
    if (icon.getAttribute("href") !== newer) icon.setAttribute("href", newer);
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!other || other.outerHTML === part.dataset.was || other.outerHTML === part.outerHTML) continue;
      const chosen = getSelection();
      if (!chosen.isCollapsed && part.contains(chosen.anchorNode)) continue;
      const focus = part.contains(document.activeElement) ? path(part, document.activeElement) : null;
      const open = [...part.querySelectorAll("details[open]")].map(d => d.id);
      const scrolled = [...part.querySelectorAll(".scroll")].map(d => d.scrollLeft);
      part.replaceChildren(...other.childNodes);
      part.className = other.className;
      for (const id of open) part.querySelector("#" + CSS.escape(id))?.setAttribute("open", "");
      part.querySelectorAll(".scroll").forEach((d, i) => { d.scrollLeft = scrolled[i] || 0; });
      if (focus) find(part, focus)?.focus({ preventScroll: true });
    }
    for (const row of document.querySelectorAll("tr[data-row]")) {
      if (states.has(row.dataset.row) && states.get(row.dataset.row) !== row.dataset.state) row.classList.add("moved");
    }
    scanButton();
    const after = headline(document);
    if (after && after !== before) document.getElementById("told").textContent = after;
  }

  // path and find tell an element by its places in the tree, to give the focus back to it.
  function path(top, element) {
    const steps = [];
    for (; element !== top; element = element.parentElement) steps.unshift([...element.parentElement.children].indexOf(element));
    return steps;
  }
  function find(top, steps) {
    return steps.reduce((element, step) => element?.children[step], top);
  }

  function live() {
    if (!("live" in document.body.dataset)) return;
    const sign = document.getElementById("live"), text = document.getElementById("live-text");
    const say = (state, words) => { sign.dataset.state = state; text.textContent = words; sign.hidden = false; };
    const events = new EventSource("/events");
    const changed = event => { if (event.data !== document.body.dataset.stamp) renew(); };
    events.addEventListener("hello", event => { say("on", "Live"); changed(event); });
    events.addEventListener("changed", changed);
    events.onerror = () => say("off", "Not live");
    addEventListener("pagehide", () => events.close());
    addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && again) renew(); });
    setInterval(renew, 60000); // so that "3 minutes ago" stays true
  }

  // search shows at once what is chosen from a list.
  function search() {
    for (const list of document.querySelectorAll("form.search select")) {
      list.addEventListener("change", () => list.form.requestSubmit());
    }
    document.addEventListener("keydown", event => {
      const field = document.getElementById("q");
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (field && event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        field.focus();
      }
    });
  }

  function scanButton() {
    const button = document.getElementById("scan");
    if (!button || !button.hidden) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      let words = "The image will be looked at soon.";
      try {
        const answer = await fetch("/api/v1/scan", {
          method: "POST", headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ policy: button.dataset.policy }),
        });
        if (!answer.ok) words = (await answer.json()).error;
      } catch { words = "The program does not answer."; }
      document.getElementById("told").textContent = words;
      button.textContent = words === "The image will be looked at soon." ? "Asked for" : words;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    themes();
    live();
    search();
    scanButton();
  });
})();
