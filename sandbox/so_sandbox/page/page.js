// Keeps the page current without moving what the reader looks at; without it the page reloads itself.
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
    if (next && next.innerHTML !== part.innerHTML) part.replaceWith(document.importNode(next, true));
  }
}

setInterval(() => refresh().catch(() => {}), seconds * 1000);
