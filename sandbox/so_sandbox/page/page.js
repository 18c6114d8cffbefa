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
  const open = [...document.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key);
  if (!fresh || open.length) {
    // An open mail would load again under the reader's eyes: only its surroundings wait.
    return;
  }
  document.getElementById("content").replaceWith(document.adoptNode(fresh));
}

setInterval(() => refresh().catch(() => {}), seconds * 1000);
