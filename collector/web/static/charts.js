// Line charts over time with Chart.js: mean as a line, smallest to largest as a band, missing data as a gap; limits, where
// there are any, as lines for the time they held, with what is within them tinted.

const STEPS_MS = [300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 172800e3, 432000e3];
const COLOURS = ["#0b5c6b", "#a3480a", "#5b3f8c", "#3f6212"];
const LEVELS = { warning: { borderColor: "#b07a10", borderDash: [2, 4] }, alarm: { borderColor: "#b3261e", borderDash: [8, 4] } };
const WITHIN = "#1b734018";

// Chart.js on a figure. draw(lines, from_ms, to_ms, bands) shows new lines and limits; zone is the time zone of the labels.
export function timeChart(figure, zone, words) {
  const lang = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(lang, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(lang, { timeZone: zone, month: "numeric", day: "numeric" });
  const full = new Intl.DateTimeFormat(lang, { timeZone: zone, dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const unit = figure.querySelector(".unit").textContent;
  const chart = new Chart(figure.querySelector("canvas"), {
    type: "line",
    data: { datasets: [] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: {
          type: "linear",
          afterBuildTicks: (axis) => { axis.ticks = ticks(axis, zone); },
          ticks: { maxRotation: 0, callback: (ms, _at, all) => label(ms, all, clock, day) },
          grid: { color: "#eef2f3" },
        },
        y: {
          title: { display: true, text: unit },
          grace: "8%",
          ticks: { maxTicksLimit: 6 },
          grid: { color: "#eef2f3" },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          filter: (item) => item.dataset.role === "mean",
          displayColors: false,
          callbacks: { title: (items) => items.length ? full.format(items[0].parsed.x) : "", label: (item) => tip(item, unit) },
        },
      },
    },
  });
  return { draw: (lines, fromMs, toMs, bands = []) => draw(chart, figure, lines, fromMs, toMs, words, bands) };
}

function draw(chart, figure, lines, fromMs, toMs, words, bands) {
  chart.options.scales.x.min = fromMs;
  chart.options.scales.x.max = toMs;
  chart.options.scales.y.min = floorOf(lines);
  chart.data.datasets = bands.flatMap(limits).concat(lines.flatMap((line, at) => datasets(line, COLOURS[at % COLOURS.length])));
  const notes = lines.length > 1 ? lines.map((line) => `${words.places[line.place]} (${line.terminal_id})`) : [];
  if (lines.some((line) => line.points.some(([, mean, low, high]) => mean !== null && high > low))) notes.push(words.range);
  const empty = lines.every((line) => line.points.length === 0);
  figure.querySelector("[data-field=note]").textContent = empty ? words.empty : notes.join(" · ");
  figure.dataset.bands = bands.length;
  figure.dataset.points = lines.reduce((sum, line) => sum + line.points.length, 0);
  chart.update();
}

// Zero where the smallest value is about nothing beside the largest, so that noise around zero opens no room below it.
function floorOf(lines) {
  const values = lines.flatMap((line) => line.points).filter(([, mean]) => mean !== null);
  const lowest = values.reduce((least, [, , low]) => Math.min(least, low), Infinity);
  const highest = values.reduce((most, [, , , high]) => Math.max(most, high), -Infinity);
  return lowest > -0.02 * highest && lowest < 0.1 * highest ? 0 : undefined;
}

function datasets(line, colour) {
  const one = { borderColor: colour, pointRadius: 0, pointHitRadius: 8, borderWidth: 1.6, spanGaps: false };
  const band = { ...one, borderWidth: 0, pointHitRadius: 0, backgroundColor: `${colour}2e` };
  return [
    { ...one, role: "mean", data: line.points.map(([x, y, low, high]) => ({ x, y, low, high })) },
    { ...band, role: "low", data: line.points.map(([x, , y]) => ({ x, y })) },
    { ...band, role: "high", fill: "-1", data: line.points.map(([x, , , y]) => ({ x, y })) },
  ];
}

// The levels of one limit over the time it held; the narrowest on each side bound the tint.
function limits(band) {
  const over = (y) => [{ x: band.from_ms, y }, { x: band.to_ms, y }];
  const line = (bound) => ({ role: "limit", data: over(band[bound]), pointRadius: 0, pointHitRadius: 0, borderWidth: 1.4, ...LEVELS[bound.split("_")[1]] });
  const given = (...bounds) => bounds.filter((bound) => band[bound] !== null).map(line);
  const low = given("low_warning", "low_alarm");
  const high = given("high_warning", "high_alarm");
  if (low.length && high.length) Object.assign(high[0], { fill: "-1", backgroundColor: WITHIN });
  else Object.assign(low[0] ?? high[0], { fill: low.length ? "end" : "start", backgroundColor: WITHIN });
  return [...low.slice(1), ...low.slice(0, 1), ...high];
}

function tip(item, unit) {
  const { y, low, high } = item.raw;
  const digits = Math.abs(y) < 100 ? 2 : 1;
  const range = high > low ? ` (${low.toFixed(digits)} – ${high.toFixed(digits)})` : "";
  return `${y.toFixed(digits)} ${unit}${range}`;
}

// Marks at round times of the zone, as many as fit.
function ticks(axis, zone) {
  const room = Math.max(2, Math.floor(axis.width / 70));
  const stepMs = STEPS_MS.find((ms) => (axis.max - axis.min) / ms <= room) ?? STEPS_MS.at(-1);
  const shiftMs = offsetMs(axis.max, zone);
  const out = [];
  for (let ms = Math.ceil((axis.min + shiftMs) / stepMs) * stepMs - shiftMs; ms <= axis.max; ms += stepMs) out.push({ value: ms });
  return out;
}

// How far a zone's clock is ahead of UTC.
function offsetMs(ms, zone) {
  const said = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).format(ms);
  const [, sign, hours, minutes] = said.match(/GMT(?:([+-])(\d\d):(\d\d))?/);
  return (sign === "-" ? -1 : 1) * ((hours ?? 0) * 3600e3 + (minutes ?? 0) * 60e3);
}

function label(ms, all, clock, day) {
  const stepMs = all.length > 1 ? all[1].value - all[0].value : 0;
  if (stepMs >= 86400e3) return day.format(ms);
  const time = clock.format(ms);
  return time === "00:00" ? day.format(ms) : time;
}
