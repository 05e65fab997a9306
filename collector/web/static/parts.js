// A file goes up in parts, as tus 1.0 says: each with its place and its SHA-256, and after a cut from where it stood.

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { most: 1024 * 1024, least: 64 * 1024 }; // bytes; smaller on a line that cuts
const WAIT_MS = { first: 1000, most: 15_000, answer: 60_000 };
const AGAIN = [408, 409, 423, 429, 460, 500, 502, 503, 504]; // what a later try may mend
const TRIES_MOST = 20; // of one part, where the other side answers

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail);
    Object.assign(this, { status, code: problem.code });
  }
}

// One place that takes files, for a page with this token.
export class Door {
  constructor(address, token) {
    Object.assign(this, { address, token });
  }

  // The address of a new file; size null: still being made.
  async begin(name, size) {
    const length = size === null ? { "Upload-Defer-Length": "1" } : { "Upload-Length": size };
    const said = { ...length, "Upload-Metadata": `filename ${base64(new TextEncoder().encode(name))}` };
    return (await this.ask(this.address, "POST", said)).headers.get("Location");
  }

  async giveUp(address) {
    await this.ask(address, "DELETE", {});
  }

  // Everything of a source {size, ended, slice(), more()}; told.held(bytes) and told.cut() say how it goes.
  async send(address, source, told) {
    let { place, isWhole } = await patiently(() => this.held(address), told);
    let [most, tries] = [PART.most, 0];
    while (!isWhole) {
      while (!source.ended && source.size === place) await source.more();
      const end = Math.min(place + most, source.size);
      isWhole = source.ended && end === source.size;
      try {
        place = await this.put(address, place, await source.slice(place, end).arrayBuffer(), isWhole ? end : null);
        [most, tries] = [Math.min(PART.most, most * 2), 0];
        told.held(place);
      } catch (error) {
        if (!isPassing(error) || (error instanceof Refused && ++tries > TRIES_MOST)) throw error;
        most = Math.max(PART.least, most / 2);
        told.cut();
        ({ place, isWhole } = await patiently(() => this.held(address), told));
      }
    }
  }

  // The place after a part; size: of the whole, where this is its last part.
  async put(address, place, body, size) {
    const digest = await crypto.subtle.digest("SHA-256", body);
    const said = {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": place,
      "Upload-Checksum": `sha256 ${base64(new Uint8Array(digest))}`,
      ...(size === null ? {} : { "Upload-Length": size }),
    };
    return Number((await this.ask(address, "PATCH", said, body)).headers.get("Upload-Offset"));
  }

  // Where the next part begins, and whether there is none.
  async held(address) {
    const { headers } = await this.ask(address, "HEAD", {});
    const place = Number(headers.get("Upload-Offset"));
    return { place, isWhole: headers.has("Upload-Length") && Number(headers.get("Upload-Length")) === place };
  }

  async ask(address, method, said, body) {
    const headers = { ...TUS, "X-CSRFToken": this.token, ...said };
    const signal = AbortSignal.timeout(WAIT_MS.answer);
    const answer = await fetch(address, { method, headers, body, signal, redirect: "manual" });
    if (answer.type === "opaqueredirect") throw new Refused(401, { code: "signed_out", detail: "" });
    if (!answer.ok) throw new Refused(answer.status, await problemOf(answer));
    return answer;
  }
}

// What ask() gives, however often the line is cut meanwhile.
async function patiently(ask, told) {
  for (let waitMs = WAIT_MS.first; ; waitMs = Math.min(waitMs * 2, WAIT_MS.most)) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      told.cut();
      await new Promise((go) => setTimeout(go, waitMs));
    }
  }
}

function isPassing(error) {
  if (error instanceof Refused) return AGAIN.includes(error.status);
  return error instanceof TypeError || error.name === "TimeoutError"; // how fetch says that there was no answer
}

async function problemOf(answer) {
  const isProblem = (answer.headers.get("Content-Type") ?? "").includes("problem+json");
  return isProblem ? answer.json() : { code: String(answer.status), detail: `${answer.status} ${answer.statusText}` };
}

function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
