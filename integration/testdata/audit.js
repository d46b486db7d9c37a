// What a page must have for people who do not see it, or see it badly: names, landmarks, headings in order, tables that
// say what they are, and contrast of at least 4.5 (3 for large text). It returns a sentence for each thing it misses.
(() => {
  const problems = [];
  const miss = (element, text) => {
    const at = element ? `<${element.tagName.toLowerCase()}${element.id ? " id=" + element.id : ""} class="${element.getAttribute("class") || ""}"> ${(element.textContent || "").trim().slice(0, 40)}` : "page";
    problems.push(`${at}: ${text}`);
  };
  const all = selector => [...document.querySelectorAll(selector)];
  const shown = element => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const named = element => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map(id => document.getElementById(id)?.textContent || "").join(" ").trim();
    return (element.getAttribute("aria-label") || element.textContent || element.getAttribute("title") || "").trim();
  };

  // the page and its parts
  if (!document.documentElement.lang) miss(null, "has no language");
  if (!document.title.trim()) miss(null, "has no title");
  for (const [selector, what] of [["main", "main"], ["h1", "first heading"], ["body > header", "banner"], ["body > footer", "foot"]]) {
    if (all(selector).length !== 1) miss(null, `has ${all(selector).length} times ${what}`);
  }
  const landmarks = all("nav, section[aria-labelledby], section[aria-label], form[role=search]").map(element => `${element.tagName} ${element.getAttribute("aria-label") || named(element)}`);
  for (const landmark of new Set(landmarks)) {
    if (landmarks.filter(l => l === landmark).length > 1) miss(null, `two landmarks are called ${landmark}`);
  }
  for (const nav of all("nav")) if (!nav.getAttribute("aria-label") && !nav.getAttribute("aria-labelledby")) miss(nav, "is a landmark without a name");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6").filter(shown)) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1 && !(level === 0 && heading.closest(".fault"))) miss(heading, `comes after a heading of level ${level}`);
    if (!heading.closest(".fault")) level = next;
    if (!heading.textContent.trim()) miss(heading, "is an empty heading");
  }

  // ids
  const ids = all("[id]").map(element => element.id);
  for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) miss(null, `the id ${id} is there twice`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) if (!document.getElementById(id)) miss(element, `${attribute} refers to ${id}, which is not there`);
    }
  }
  for (const use of all("use")) if (!document.getElementById(use.getAttribute("href").slice(1))) miss(use, `draws ${use.getAttribute("href")}, which is not there`);
  for (const link of all("a[href^='#']")) if (!document.getElementById(link.getAttribute("href").slice(1))) miss(link, "leads nowhere");

  // names
  for (const element of all("a[href], button, summary")) if (!named(element)) miss(element, "has no name");
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) miss(field, "has no label");
  }
  for (const image of all("svg")) {
    if (image.getAttribute("aria-hidden") !== "true" && !(image.getAttribute("role") === "img" && named(image))) miss(image, "is an image without a name");
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) miss(image, "has no alt");
  for (const table of all("table")) {
    if (!table.caption || !table.caption.textContent.trim()) miss(table, "has no caption");
    for (const head of table.querySelectorAll("th")) if (!head.scope) miss(head, "does not say what it is the head of");
  }
  for (const live of all("[aria-live]")) if (live.getAttribute("role") !== "status") miss(live, "is live and has no role");
  for (const time of all("time")) if (isNaN(Date.parse(time.dateTime))) miss(time, `has the time ${time.dateTime}`);

  // reach
  for (const box of all("*")) {
    const style = getComputedStyle(box);
    if (/auto|scroll/.test(style.overflowX) && box.scrollWidth > box.clientWidth + 1 && shown(box) && box.tabIndex < 0 && !box.querySelector("a[href], button")) miss(box, "scrolls, and not by the keyboard");
  }
  if (document.documentElement.scrollWidth > innerWidth) miss(null, `is ${document.documentElement.scrollWidth} wide and the window ${innerWidth}`);
  for (const element of all("button, .button, input, select, nav a, .states a").filter(shown)) {
    const box = element.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) miss(element, `is ${Math.round(box.width)} by ${Math.round(box.height)}, too small for a finger`);
  }

  // contrast
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, ground) => [0, 1, 2].map(i => top[i] * top[3] + ground[i] * (1 - top[3]));
  const behind = element => {
    const layers = [];
    for (; element; element = element.parentElement) layers.unshift(rgba(getComputedStyle(element).backgroundColor));
    return layers.reduce((ground, layer) => over(layer, ground), [255, 255, 255]);
  };
  const light = color => {
    const [r, g, b] = color.map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + .05) / (y + .05); };
  const check = (element, style, color, what) => {
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    const ground = behind(element), ratio = contrast(over(rgba(color), ground), ground);
    if (ratio < (large ? 3 : 4.5)) miss(element, `${what} has a contrast of ${ratio.toFixed(2)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || seen.has(element) || !shown(element) || element.closest(".hidden, .skip, script, select")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    check(element, style, element.closest("svg") ? style.fill : style.color, "its text");
  }
  for (const field of all("input:not([type=hidden]), select, button").filter(shown)) {
    const style = getComputedStyle(field);
    check(field, style, style.color, "its text");
    if (field.placeholder) check(field, getComputedStyle(field, "::placeholder"), getComputedStyle(field, "::placeholder").color, "its placeholder");
  }
  for (const icon of all(".badge .icon, .sign .icon, .live .dot").filter(shown)) {
    const style = getComputedStyle(icon), color = icon.matches(".dot") ? style.backgroundColor : style.stroke;
    const ground = behind(icon.parentElement), ratio = contrast(over(rgba(color), ground), ground);
    if (ratio < 3) miss(icon, `has a contrast of ${ratio.toFixed(2)}`);
  }

  // focus
  for (const element of all("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']").filter(shown)) {
    element.focus({ preventScroll: true });
    const style = getComputedStyle(element);
    if (document.activeElement === element && style.outlineStyle === "none" && style.boxShadow === "none") miss(element, "does not show that it has the focus");
  }
  document.activeElement?.blur();
  return problems;
})()
