// Gives what would keep somebody from using the page, each as one line of text; an empty list is a good page.
() => {
  const found = [];
  const note = (rule, element, more = "") =>
    found.push(`${rule}: <${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}` +
      `${element.classList.length ? "." + [...element.classList].join(".") : ""}> ${more}`.trim());
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const name = (element) => (element.getAttribute("aria-label") ?? element.getAttribute("title") ?? element.labels?.[0]?.innerText ?? element.innerText).trim();

  if (!document.documentElement.lang) note("no language", document.documentElement);
  if (!document.title.trim()) note("no title", document.documentElement);
  for (const landmark of ["main", "header", "footer"])
    if (all(landmark).length !== 1) note(`not one ${landmark}`, document.body);
  const viewport = document.querySelector("meta[name=viewport]")?.content ?? "";
  if (!viewport.includes("width=device-width") || /user-scalable|maximum-scale/.test(viewport))
    note("can't be enlarged", document.head, viewport);
  for (const meta of all("meta[http-equiv=refresh]")) note("reloads by itself", meta);

  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) note("id twice", document.body, id);
  for (const element of all("[tabindex]")) if (element.tabIndex > 0) note("order of its own", element);

  const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) note("not one h1", document.body);
  levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) note("heading level skipped", document.body, String(level)); });

  for (const element of all("a[href], button, summary, input, select, textarea, iframe, nav, table, [role=region]"))
    if (shown(element) && !name(element)) note("no name", element);
  const navs = all("nav").map((nav) => nav.getAttribute("aria-label"));
  if (new Set(navs).size !== navs.length || navs.includes(null)) note("navigations not told apart", document.body);
  for (const list of all("ul, ol"))
    for (const child of list.children) if (child.tagName !== "LI") note("not an item of a list", child);
  for (const list of all("dl > div"))
    if (!list.querySelector("dt") || !list.querySelector("dd")) note("a term without its value", list);
  const roles = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };
  for (const [tag, role] of Object.entries(roles))
    for (const element of all(tag)) {
      const wanted = element.getAttribute("scope") === "row" ? "rowheader" : role;
      if (element.getAttribute("role") !== wanted) note("no role of its own", element);
    }
  const titled = (element) => element.getAttribute("role") === "img" && element.firstElementChild?.tagName === "title" && element.firstElementChild.textContent.trim();
  for (const img of all("img, svg")) if (!img.getAttribute("alt") && !titled(img) && img.getAttribute("aria-hidden") !== "true") note("no text", img);

  // What stands alone is at least 24 pixels high; a link within a sentence may be as high as its line.
  for (const element of all("nav a, summary"))
    if (shown(element) && element.getBoundingClientRect().height < 24) note("too small to hit", element);

  const numbers = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => Object.fromEntries(["r", "g", "b"].map((c) => [c, top[c] * top.a + below[c] * (1 - top.a)]));
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.unshift(numbers(getComputedStyle(one).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), { r: 255, g: 255, b: 255 });
  };
  const opacity = (element) => {
    let product = 1;
    for (let one = element; one; one = one.parentElement) product *= Number(getComputedStyle(one).opacity);
    return product;
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !shown(element)) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const below = ground(element);
    const ink = numbers(style.color);
    const [a, b] = [light(over({ ...ink, a: ink.a * opacity(element) }, below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) note("too little contrast", element, `${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 20)}`);
  }
  return found;
}
