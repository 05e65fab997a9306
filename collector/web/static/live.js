// What every live page shares: words, ages, values in place, and looking for news without reloading.

export const words = JSON.parse(document.body.dataset.words);

export function ageText(ageS) {
  if (ageS === null) return words.never;
  const [, unitS, text] = words.ages.find(([belowS]) => belowS === null || ageS < belowS);
  return text.replace("%(n)s", Math.floor(ageS / unitS));
}

// Put an entry of the API into the element that shows it: state, values, age.
export function show(element, entry) {
  element.dataset.state = entry.state;
  const pill = element.querySelector(".state");
  pill.dataset.state = entry.state;
  pill.querySelector("[data-field=state]").textContent = words.states[entry.state];
  element.querySelector("[data-field=age]").textContent = ageText(entry.age_s);
  for (const box of element.querySelectorAll(".value")) showValue(box, entry.values[box.dataset.channel]);
}

function showValue(box, value) {
  box.hidden = !value;
  if (!value) return;
  const number = box.querySelector("[data-field=number]");
  number.classList.toggle("bad", value.value === null);
  number.textContent = value.value === null ? words.invalid : value.value.toFixed(value.decimals);
  box.querySelector("[data-field=unit]").textContent = value.value === null ? "" : value.unit;
}

// Fetch url every everyS seconds and hand its JSON to take(); say since when nothing came.
export function follow(url, everyS, take) {
  const stale = document.getElementById("stale");
  let lastMs = Date.now();
  async function look() {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(5000) });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      take(await answer.json());
      lastMs = Date.now();
      stale.hidden = true;
    } catch (error) {
      if (!["TypeError", "TimeoutError", "AbortError", "Error", "SyntaxError"].includes(error.name)) throw error;
      const form = { timeZone: document.body.dataset.zone, hourCycle: "h23" };
      const time = new Date(lastMs).toLocaleTimeString(document.documentElement.lang, form);
      stale.textContent = words.stale.replace("%(time)s", time);
      stale.hidden = false;
    }
    setTimeout(look, everyS * 1000);
  }
  look();
}
