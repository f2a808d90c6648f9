// Many hosts in one update: network namespaces of this machine, each a host.  node many.mjs PROVIDER TAG [COUNT]
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { Engine } from "./engine.mjs";
import { say, step } from "./steps.mjs";

const [provider, tag, count = "50"] = process.argv.slice(2);
const names = Array.from({ length: Number(count) }, (_, i) => `cl-${tag}-${i}`);
const moved = `cl-${tag}-moved`;
const machines = [...names, moved];
const ip = (...words) => execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const inputs = (name) => ({ name, reach: `netns://${name}`, links: { br0: { kind: "bridge", mtu: 1400, addresses: ["10.80.0.1/24"] } } });
const mtu = (name) => JSON.parse(ip("-n", name, "-j", "link", "show", "br0"))[0].mtu;
const isBare = (name) => JSON.parse(ip("-n", name, "-j", "link", "show")).every((l) => l.ifname !== "br0");

const engine = await Engine.start(provider);
// How many hosts are being worked on at once: each has a process of its own.
let most = 0;
const watch = setInterval(() => {
  const tasks = `/proc/${engine.process.pid}/task`;
  const children = readdirSync(tasks).flatMap((t) => { try { return readFileSync(`${tasks}/${t}/children`, "utf8").split(" ").filter(Boolean); } catch { return []; } });
  most = Math.max(most, children.length);
}, 20);
try {
  for (const name of machines) ip("netns", "add", name);
  let resources = [];
  await step(`${count} hosts are made at once`, async () => {
    const started = Date.now();
    resources = await Promise.all(names.map((name) => engine.create(name, inputs(name))));
    say(`     ${Date.now() - started} ms; at most ${most} hosts at the same time`);
    assert.ok(most > 1, "one after the other");
    assert.deepEqual(new Set(resources.map((r) => r.outputs.health.state)), new Set(["as-described"]));
    assert.deepEqual(new Set(names.map(mtu)), new Set([1400]));
  });
  await step("drift of some is found among all", async () => {
    for (const name of names.slice(0, 5)) ip("-n", name, "link", "set", "br0", "mtu", "1200");
    resources = await Promise.all(resources.map(async (r) => ({ ...r, ...(await engine.read(r)) })));
    const changed = (await Promise.all(resources.map((r) => engine.diff(r, r.inputs)))).map((d) => d.changes);
    assert.deepEqual([changed.filter((c) => c === "some").length, changed.filter((c) => c === "none").length], [5, names.length - 5]);
  });
  await step("one update repairs them", async () => {
    resources = await Promise.all(resources.map((r) => engine.update(r, r.inputs)));
    assert.deepEqual(new Set(names.map(mtu)), new Set([1400]));
  });
  await step("a host that moves is replaced: the old machine is given back, then the new one is made", async () => {
    const news = { ...inputs(names[0]), reach: `netns://${moved}` };
    const diff = await engine.diff(resources[0], news);
    assert.deepEqual([diff.replaces, diff.deleteBeforeReplace, diff.detailed], [["reach"], true, { reach: "update-replace" }]);
    await engine.delete(resources[0]);
    assert.ok(isBare(names[0]));
    resources[0] = await engine.create(names[0], news);
    assert.deepEqual([resources[0].id, mtu(moved)], [news.reach, 1400]);
  });
  await step("all are given back", async () => {
    await Promise.all(resources.map((r) => engine.delete(r)));
    for (const name of machines) assert.ok(isBare(name), name);
  });
  await step("the provider ends in order", async () => assert.equal(await engine.end(), 0));
} finally {
  clearInterval(watch);
  engine.process.kill("SIGKILL");
  for (const name of machines) {
    try { ip("netns", "delete", name); } catch { /* not made */ }
    rmSync(`/run/cloudlet/netns/${name}`, { recursive: true, force: true });
  }
}
