// The country the tests visit: the program itself, with a few thousand people, on a free port of this computer.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const PEOPLE = 3_000;
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;

/**
 * Builds the program if it is stale, starts a country and returns its address, its data folder, the program and how to stop
 * it. `LIENTHONG_URL` and `LIENTHONG_DATA` name one that runs already and goes on running.
 */
export async function startCountry() {
  if (process.env.LIENTHONG_URL) return { url: process.env.LIENTHONG_URL, data: process.env.LIENTHONG_DATA, program: build(), stop: async () => {} };
  const built = build();
  const data = await mkdtemp(join(tmpdir(), "lienthong-browser-"));
  const program = spawn(
    built,
    ["up", "--data", data, "--listen", "127.0.0.1:0", "--people", String(PEOPLE)],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(program, "exit");
  const remove = () => rm(data, { recursive: true, force: true });
  try {
    return { url: await address(program), data, program: built, stop: () => stop(program, ended).finally(remove) };
  } catch (error) {
    program.kill("SIGKILL");
    await remove();
    throw error;
  }
}

/** The program, built by cargo; `CARGO` names another one. */
function build() {
  const cargo = process.env.CARGO ?? "cargo";
  const built = spawnSync(cargo, ["build", "--quiet", "--locked", "--package", "lienthong"], {
    cwd: REPOSITORY,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (built.status !== 0) throw new Error(`${cargo} build failed: ${built.error ?? `status ${built.status}`}`);
  return join(process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, "target"), "debug", "lienthong");
}

/** Waits until the country says where it is. What it says afterwards is a warning worth seeing. */
function address(program) {
  return new Promise((resolve, reject) => {
    const said = [];
    const timer = setTimeout(() => reject(new Error(`no country after ${START_LIMIT_MS} ms: ${said.join("\n")}`)), START_LIMIT_MS);
    let isUp = false;
    createInterface({ input: program.stderr }).on("line", (line) => {
      const found = /the country is up at (http:\S+)/.exec(line);
      if (found) {
        isUp = true;
        clearTimeout(timer);
        resolve(found[1]);
      } else if (isUp) {
        if (/WARN|ERROR|panicked/.test(line)) console.error(line);
      } else {
        said.push(line);
      }
    });
    program.once("error", reject);
    program.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the country ended with status ${code}: ${said.join("\n")}`));
    });
  });
}

/** Asks the country to stop, as Ctrl-C does, and expects that it finishes in order. */
async function stop(program, ended) {
  program.kill("SIGTERM");
  const timer = setTimeout(() => program.kill("SIGKILL"), STOP_LIMIT_MS);
  const [code, signal] = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the country stopped with ${signal ?? `status ${code}`}`);
}
