// The page of one equipment: last values and charts follow the API.
import { timeChart } from "./charts.js";
import { follow, show, words } from "./live.js";

const now = document.getElementById("equipment");
const slow = { hour: 1, day: 6, month: 12 }; // longer spans change more slowly
const charts = new Map();

function take(answer) {
  show(now, answer.equipment);
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const channel = figure.dataset.chart;
    if (!charts.has(channel)) charts.set(channel, timeChart(figure, answer.zone, words));
    const lines = answer.lines.filter((line) => line.channel === channel);
    charts.get(channel).draw(lines, answer.from_ms, answer.to_ms);
  }
}

follow(now.dataset.url, Number(now.dataset.everyS) * slow[now.dataset.span], take);
