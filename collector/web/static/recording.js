// The screen is recorded, or a recording chosen, and goes to the event in parts; what is not kept yet waits in the page.

import { Door, Refused } from "./parts.js";

const MIB = 1024 * 1024;
const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const PIECE_MS = 2000;
const SHOWN = { video: { frameRate: { max: 15 } }, audio: false };
const BITS_PER_S = 1_500_000;

const box = document.getElementById("recordings");
const words = JSON.parse(box.dataset.words);
const door = new Door(box.dataset.door, box.dataset.token);
const [buttons, stop, going, progress, said] = ["buttons", "stop", "going", "progress", "said"].map((name) =>
  box.querySelector(`[data-part=${name}]`),
);
let sending = null; // what is on its way

// A film that is still being made: its pieces so far.
class Film {
  ended = false;
  #whole = new Blob();
  #wake = () => {};

  get size() {
    return this.#whole.size;
  }

  take(piece) {
    this.#whole = new Blob([this.#whole, piece]);
    this.#wake();
  }

  end() {
    this.ended = true;
    this.#wake();
  }

  more() {
    return new Promise((wake) => (this.#wake = wake));
  }

  slice(from, to) {
    return this.#whole.slice(from, to);
  }
}

const mb = (bytes) => (bytes / MIB).toFixed(1);
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_whole, name) => values[name]);

function show(text) {
  if (said.textContent !== text) said.textContent = text;
}

function inWords(error) {
  if (!(error instanceof Refused)) return filled(words.other, { detail: error.message });
  return filled(words[error.code] ?? words.other, { detail: error.message });
}

function telling(source, began) {
  let kept = 0;
  const tell = (word) => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    show(filled(words[word ?? (source.ended ? "sending" : "recording")], { time, held: mb(kept), size: mb(source.size) }));
    Object.assign(progress, { max: Math.max(source.size, 1), value: kept });
  };
  const held = (bytes) => ((kept = bytes), tell());
  return { held, cut: () => tell("cut"), tell };
}

// Bring a source to the event; an address: go on there.
async function bring(source, name, size, address) {
  const told = telling(source, performance.now());
  sending = source;
  [buttons.hidden, going.hidden, progress.hidden] = [true, false, false];
  told.tell();
  let end = words.kept;
  try {
    await door.send(address ?? (await door.begin(name, size)), source, told);
  } catch (error) {
    source.refuse?.();
    end = inWords(error);
  }
  [buttons.hidden, progress.hidden, sending] = [false, true, null];
  await refresh().finally(() => show(end)); // what is said to be kept is there to be seen
}

// Steps and what is on its way, as the collector has them now; what somebody has typed stays.
async function refresh() {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const name of ["happened", "under-way"]) {
    const part = fresh.getElementById(name);
    if (part) document.getElementById(name).replaceWith(part);
  }
}

async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getDisplayMedia(SHOWN);
  } catch (error) {
    going.hidden = false;
    return show(error.name === "NotAllowedError" ? words.denied : inWords(error));
  }
  const film = new Film();
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_S });
  const end = () => recorder.state !== "inactive" && recorder.stop();
  recorder.addEventListener("dataavailable", ({ data }) => {
    film.take(data);
    if (film.size > (box.dataset.mostMb - 4) * MIB) end();
  });
  recorder.addEventListener("stop", () => {
    clearTimeout(timer);
    stop.hidden = true;
    for (const track of stream.getTracks()) track.stop();
    film.end();
  });
  stream.getVideoTracks()[0].addEventListener("ended", end);
  stop.onclick = film.refuse = end;
  const timer = setTimeout(end, box.dataset.mostMin * 60_000);
  recorder.start(PIECE_MS);
  stop.hidden = false;
  await bring(film, `${box.dataset.name}-${new Date().toISOString().slice(0, 19)}`, null);
}

// A file that is on its way already goes on where it stood.
async function choose({ target }) {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  const source = { size: file.size, ended: true, slice: (from, to) => file.slice(from, to) };
  const known = [...document.querySelectorAll("#under-way [data-bytes]")];
  const same = known.find(({ dataset }) => dataset.name === file.name && Number(dataset.bytes) === file.size);
  await bring(source, file.name, file.size, same?.dataset.address);
}

// What a closed page left: what is there of a recording is kept, or given up.
async function decide({ target }) {
  const { address, held } = target.closest("[data-address]")?.dataset ?? {};
  if (!address || !target.dataset.do) return;
  try {
    if (target.dataset.do === "keep") await door.put(address, Number(held), new ArrayBuffer(0), Number(held));
    else await door.giveUp(address);
  } catch (error) {
    going.hidden = false;
    show(inWords(error));
  }
  await refresh();
}

buttons.hidden = false;
box.querySelector("[data-part=record]").hidden = !navigator.mediaDevices?.getDisplayMedia;
box.querySelector("[data-part=record]").addEventListener("click", record);
box.querySelector("[data-part=film]").hidden = !matchMedia("(pointer: coarse)").matches;
for (const input of buttons.querySelectorAll("input")) input.addEventListener("change", choose);
box.addEventListener("click", decide);
window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
