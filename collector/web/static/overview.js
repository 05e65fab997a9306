// The overview: cards follow the API, what needs a person first stays first.
import { follow, show } from "./live.js";

const list = document.getElementById("overview");

function take(answer) {
  const cards = answer.equipment.map((entry) => {
    const card = list.querySelector(`[data-equipment="${entry.id}"]`);
    if (card) show(card, entry);
    return card;
  });
  for (const [state, count] of Object.entries(answer.counts)) {
    document.querySelector(`[data-count=${state}] [data-field=count]`).textContent = count;
  }
  if (cards.includes(null) || cards.length !== list.children.length) return location.reload();
  if (cards.some((card, at) => card !== list.children[at]) && !list.contains(document.activeElement)) list.append(...cards);
}

follow(list.dataset.url, Number(list.dataset.everyS), take);
