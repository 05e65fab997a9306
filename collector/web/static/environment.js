// The charts of the surroundings of one equipment, with the limits that held drawn in.
import { timeChart } from "./charts.js";
import { follow, words } from "./live.js";

const place = document.getElementById("charts");
const slow = { hour: 2, day: 12, month: 60 }; // longer spans change more slowly
const charts = new Map();

function take(answer) {
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const channel = figure.dataset.chart;
    const own = ({ channel: of }) => of === channel;
    if (!charts.has(channel)) charts.set(channel, timeChart(figure, answer.zone, words));
    charts.get(channel).draw(answer.lines.filter(own), answer.from_ms, answer.to_ms, answer.bands.filter(own));
  }
}

if (place.childElementCount) follow(place.dataset.url, Number(place.dataset.everyS) * slow[place.dataset.span], take);
