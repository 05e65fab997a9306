// While a spreadsheet is on its way, looked at and added, the page says how far that is, and nobody sends it twice.

const EVERY_MS = 700;

const working = document.getElementById("working");
const first = working.textContent;
let timer = null;

// Where the import is; nothing where there is no answer, and then it is asked again.
async function asked() {
  try {
    const answer = await fetch(working.dataset.address);
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

async function look() {
  const said = await asked();
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
