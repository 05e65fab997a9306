// What a furnished terminal takes of a heap whose pointers have 32 bits, as on a board: MicroPython for WebAssembly.
// node pointers.mjs PACKAGE FOLDER STARTED UPLINK STEP: prints the bytes in use after each of three steps, one per line:
// with the stand-ins for what this port lacks, after the start, and with the road to the first gateway made and refused.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [packed, folder, started, uplink, step] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(path.join(packed, "micropython.mjs")));
const mp = await loadMicroPython({ heapsize: 192 * 1024, stdout: (line) => console.error(line) });

function lay(from, to) {
  mp.FS.mkdir(to);
  for (const name of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, name), to + "/" + name];
    if (fs.statSync(source).isDirectory()) lay(source, target);
    else mp.FS.writeFile(target, fs.readFileSync(source));
  }
}

function run(script) {
  mp.runPython(script);
  for (let turn = 0; turn < 2; turn++) mp.runPython("gc.collect()"); // it collects between two scripts only
  mp.runPython("used = gc.mem_alloc()");
  console.log(mp.globals.get("used"));
}

lay(folder, "/board");
run(`
import gc, os, sys
os.chdir("/board")
sys.path[:] = ["", "/board/stand_ins"]
import cryptolib, machine, socket, ssl, usocket
os.urandom = bytes
`);
run(`
from firmware.terminal import boot
boot.enter("a")
from firmware.terminal import main
terminal = main.${started}()
`);
run(`terminal.${uplink}.${step}(0)`);
