// Perfetto's trace_processor on traces of pyt: `perfetto.mjs FOLDER TRACE...`.
//
// FOLDER has trace_processor as WebAssembly and its JavaScript, as `perfetto.rs` fetches them. Each trace gives one
// line of JSON: the version, how long it took to load, and the rows of each query below.

import { readFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const [folder, ...traces] = process.argv.slice(2);
const file = name => join(resolve(folder), name);

// The JavaScript is made for a worker of a browser: it finds the WebAssembly by a request, and prefers a variant
// with 64-bit addresses that is not in the folder.
function begin(source) {
  const changes = [
    ["this.useMemory64 = hasMemory64Support();", "this.useMemory64 = false;"],
    ["locateFile: (s) => s,", "locateFile: (s) => s, wasmBinary: self.wasmBytes,"],
    ["onRuntimeInitialized: () => deferredRuntimeInitialized.resolve(),", "onRuntimeInitialized: () => { deferredRuntimeInitialized.resolve(); self.isReady(); },"],
  ];
  for (const [from, to] of changes) {
    if (!source.includes(from)) throw new Error(`the JavaScript of trace_processor has changed: ${from}`);
    source = source.replace(from, to);
  }
  return source;
}

console.log = console.warn = () => {};
globalThis.self = globalThis;
globalThis.WorkerGlobalScope ??= class {};
globalThis.location ??= { href: pathToFileURL(folder).href + "/" };
globalThis.wasmBytes = readFileSync(file("trace_processor.wasm"));
const glue = new vm.Script(begin(readFileSync(file("engine_bundle.node.js"), "utf8")));
const { EngineBase } = await import(pathToFileURL(file("engine.mjs")).href);

class Engine extends EngineBase {
  mode = "WASM";
  id = "test";
  static async begin() {
    const ready = new Promise(done => { globalThis.isReady = done; });
    glue.runInThisContext();
    const { port1, port2 } = new MessageChannel();
    self.onmessage({ data: port1 });
    await ready;
    const engine = new Engine();
    engine.port = port2;
    engine.failure = new Promise((_, fail) => {
      port2.onmessage = message => { try { engine.onRpcResponseBytes(message.data); } catch (error) { fail(error); } };
    });
    return engine;
  }
  rpcSendRequestBytes(bytes) { this.port.postMessage(bytes); }
  async rows(sql) {
    const found = await Promise.race([this.query(sql), this.failure]), names = found.columns(), rows = [];
    for (const row = found.iter({}); row.valid(); row.next()) {
      rows.push(Object.fromEntries(names.map(name => { const value = row.get(name); return [name, typeof value === "bigint" ? Number(value) : value]; })));
    }
    return rows;
  }
}

// Slices of no duration are instants: those of a mark, and those that an arrow begins at.
const QUERIES = {
  complaints: "select name, idx, severity, value, description from stats where value > 0 and severity in ('error', 'data_loss')",
  processes: "select pid, name from process where pid != 0",
  threads: "select tid, name from thread where utid in (select utid from thread_track) order by tid",
  counts: "select (select count(*) from slice) as slices, (select count(*) from slice where dur < 0) as endless, (select count(*) from flow) as flows",
  // Each slice of a depth begins where the one before it has ended, and lies in that above it.
  overlaps: "select name, ts, before from (select name, ts, lag(ts + dur) over (partition by track_id, depth order by ts, id) as before from slice) where before > ts",
  outside: "select inner.name, outer.name as of from slice as inner join slice as outer on inner.parent_id = outer.id where inner.ts < outer.ts or inner.ts + inner.dur > outer.ts + outer.dur or inner.depth != outer.depth + 1",
  nested: "select inner.name as name, outer.name as of, count(*) as count from slice as inner join slice as outer on inner.parent_id = outer.id where inner.dur > 0 group by 1, 2",
  // A flow leads from the instant that says so to a slice of the thread that it names, not back in time.
  flows: `select f.name as name, ft.name as thread, t.name as into_name, tt.name as into_thread, count(*) as count from flow
    join slice as f on slice_out = f.id join thread_track as f_track on f.track_id = f_track.id join thread as ft on f_track.utid = ft.utid
    join slice as t on slice_in = t.id join thread_track as t_track on t.track_id = t_track.id join thread as tt on t_track.utid = tt.utid
    where f.ts <= t.ts + t.dur group by 1, 2, 3, 4`,
};

const version = readFileSync(file("trace_processor.wasm")).toString("latin1").match(/v\d+\.\d+-[0-9a-f]{7,}/)[0];
for (const trace of traces) {
  const engine = await Engine.begin(), began = performance.now();
  const bytes = readFileSync(trace), piece = 16 << 20;
  for (let at = 0; at < bytes.length; at += piece) await Promise.race([engine.parse(bytes.subarray(at, at + piece)), engine.failure]);
  await Promise.race([engine.notifyEof(), engine.failure]);
  const found = { version, milliseconds: Math.round(performance.now() - began) };
  for (const [name, sql] of Object.entries(QUERIES)) found[name] = await engine.rows(sql);
  writeSync(1, JSON.stringify(found) + "\n");
}
process.exit(0);
