// Keeps the page current without moving what the reader looks at; without it a link shows the page anew.
const seconds = 2;
let shown = "";

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const text = await answer.text();
  if (text === shown) return;
  shown = text;
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("content");
  if (!fresh) return;
  for (const part of document.querySelectorAll("#content > *")) {
    // An open mail would load again under the reader's eyes, so its section waits until it is closed.
    if (part.querySelector("details[open]")) {
      shown = "";
      continue;
    }
    const next = fresh.querySelector(`:scope > [id="${part.id}"]`);
    if (next && next.innerHTML !== part.innerHTML) replace(part, document.importNode(next, true));
  }
}

// Who moves by keyboard stays where she is: the same link or the same mail has the focus afterwards.
function replace(part, next) {
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const link = held?.getAttribute("href");
  const key = held?.closest("[data-key]")?.dataset.key;
  part.replaceWith(next);
  if (!held) return;
  const same = link
    ? next.querySelector(`a[href="${CSS.escape(link)}"]`)
    : next.querySelector(`[data-key="${CSS.escape(key ?? "")}"] > summary`);
  same?.focus({ preventScroll: true });
}

setInterval(() => refresh().catch(() => {}), seconds * 1000);
