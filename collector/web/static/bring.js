// While a spreadsheet is on its way, looked at and added, the page says how far that is, and nobody sends it twice.

const EVERY_MS = 700;

const working = document.getElementById("working");
const first = working.textContent;
let timer = null;

async function look() {
  const answer = await fetch(working.dataset.address);
  const said = answer.ok ? await answer.json() : {};
  const words = working.dataset[said.stage];
  if (words) working.textContent = words.replace("{lines}", said.lines).replace("{of}", said.of);
  timer = setTimeout(look, EVERY_MS);
}

document.getElementById("bring").addEventListener("submit", (event) => {
  working.hidden = false;
  for (const button of event.target.querySelectorAll("button")) setTimeout(() => (button.disabled = true));
  timer = setTimeout(look, EVERY_MS);
});
window.addEventListener("pageshow", () => {
  clearTimeout(timer);
  working.hidden = true;
  working.textContent = first;
  for (const button of document.querySelectorAll("#bring button")) button.disabled = false;
});
