/**
 * The outbox page's script. It asks once a second while the page is visible, and
 * draws only what changed. What callers chose is set as text, never as markup.
 */
export const script = `const everyMs = 1000;
const messagesShown = 100;
const state = document.getElementById("state");
const list = document.getElementById("messages");
const template = document.getElementById("message");
let drawn = "";

function item(message) {
  const node = template.content.cloneNode(true);
  node.querySelector(".pin").textContent = message.pin;
  node.querySelector(".to").textContent = message.to;
  node.querySelector(".text").textContent = message.text;
  const time = node.querySelector("time");
  time.dateTime = message.time;
  time.textContent = new Date(message.time).toLocaleTimeString();
  return node;
}

function draw(messages) {
  list.replaceChildren(...messages.slice(0, messagesShown).map(item));
  document.getElementById("empty").hidden = messages.length > 0;
  const to = encodeURIComponent(messages[0]?.to ?? "+3725550100");
  document.getElementById("curl").textContent = "curl -s '" + location.origin + "/sandbox/v1/messages?to=" + to + "'";
}

async function refresh() {
  try {
    const response = await fetch("/sandbox/v1/messages");
    if (!response.ok) throw new Error("status " + response.status);
    const text = await response.text();
    if (text !== drawn) draw(JSON.parse(text).messages);
    drawn = text;
    state.textContent = "live";
  } catch {
    state.textContent = "not reachable";
  }
  state.className = state.textContent === "live" ? "live" : "";
}

async function watch() {
  if (!document.hidden) await refresh();
  setTimeout(watch, everyMs);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
watch();
`;
