// Broken and hostile calls, hosts that do not answer, engines that vanish:  node hostile.mjs PROVIDER
import assert from "node:assert/strict";
import net from "node:net";
import http2 from "node:http2";
import { Engine, empty, grpc, messages, struct, unclean, unknown, urn } from "./engine.mjs";
import { fails, step } from "./steps.mjs";

const [provider] = process.argv.slice(2);
const engine = await Engine.start(provider, { connectTimeout: "2" });
const alive = async () => assert.deepEqual((await engine.check("x", { files: { "/etc/x": { content: "y" } } })).failures, []);

// A frame as bytes, to any path: what no stub can be made to send.
const raw = (path, body, headers = {}) => new Promise((ok, fail) => {
  const session = http2.connect(`http://127.0.0.1:${engine.port}`);
  session.on("error", fail);
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
  let status = {};
  stream.on("response", (h) => (status = { ...status, ...h }));
  stream.on("trailers", (t) => (status = { ...status, ...t }));
  stream.on("error", (e) => (status.error = e.message));
  stream.on("close", () => { session.close(); ok(status); });
  stream.resume();
  stream.end(body);
});

try {
  await step("an idle connection stays", async () => {
    const session = http2.connect(`http://127.0.0.1:${engine.port}`);
    const left = [];
    session.on("goaway", () => left.push("goaway"));
    session.on("close", () => left.push("close"));
    await new Promise((ok) => setTimeout(ok, 4000));
    assert.deepEqual(left, []);
    session.close();
  });

  await step("methods that we lack, and services that nobody has, are UNIMPLEMENTED", async () => {
    for (const path of ["/pulumirpc.ResourceProvider/Nonsense", "/pulumirpc.ResourceProvider/Construct", "/nobody.Service/Call", "/"])
      assert.equal((await raw(path, Buffer.alloc(5)))["grpc-status"], "12", path);
    await alive();
  });

  await step("messages that are none, too large, cut short or compressed are refused", async () => {
    const at = "/pulumirpc.ResourceProvider/Check";
    const frame = (flag, length, ...bytes) => { const b = Buffer.alloc(5 + bytes.length); b[0] = flag; b.writeUInt32BE(length, 1); Buffer.from(bytes).copy(b, 5); return b; };
    assert.equal((await raw(at, frame(0, 0xffffffff)))["grpc-status"], "8");
    assert.equal((await raw(at, frame(1, 1, 0)))["grpc-status"], "12");
    for (const body of [frame(0, 10, 1, 2), frame(0, 3, 0xff, 0xff, 0xff), Buffer.alloc(3), Buffer.alloc(0)])
      assert.notEqual((await raw(at, body))["grpc-status"], "0");
    await alive();
  });

  await step("trees of any depth and any mark are answered", async () => {
    let deep = "x";
    for (let i = 0; i < 150; i++) deep = { a: deep };
    const { failures } = await engine.check("x", { values: { v: deep } });
    assert.deepEqual(failures.map((f) => f.property), ["values"]);
    const marked = await fails(() => engine.check("x", { files: { "4dabf18193072939515e22adb298388d": "a mark that nobody knows" } }));
    assert.equal(marked.code, grpc.status.INVALID_ARGUMENT);
    const wrong = await engine.check("x", { files: 7, links: [], units: "u", reach: { a: 1 }, name: 5, templates: "t", onDelete: "burn", nonsense: null });
    assert.deepEqual(wrong.failures.map((f) => f.property).sort(), ["files", "links", "name", "nonsense", "onDelete", "reach", "templates", "units"]);
    await alive();
  });

  await step("a resource of a type that we lack is refused", async () => {
    const request = new messages.CheckRequest();
    request.setUrn(urn("x", "cloudlet:index:Castle"));
    request.setNews(struct.Struct.fromJavaScript({}));
    assert.equal((await fails(() => engine.call("check", request))).code, grpc.status.INVALID_ARGUMENT);
  });

  await step("a host that refuses, and one that accepts and says nothing, end in bounded time with a clean status", async () => {
    const silent = net.createServer(() => {});
    await new Promise((ok) => silent.listen(0, "127.0.0.1", ok));
    for (const port of [1, silent.address().port]) {
      const inputs = { reach: `ssh://root@127.0.0.1:${port}`, files: { "/etc/x": { content: "y" } } };
      const error = await fails(() => engine.create("dead", inputs));
      assert.ok([grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED].includes(error.code), `${error.code} ${error.message}`);
      assert.equal(error.initFailed, undefined);
      const preview = await engine.create("dead", inputs, { preview: true });
      assert.match(preview.outputs.digest, /^sha256:/);
      const looked = await fails(() => engine.read({ name: "dead", id: inputs.reach, inputs, outputs: { ...inputs, digest: "sha256:0", observed: {}, health: { state: "as-described", alarms: [] } } }));
      assert.deepEqual([looked.initFailed.id, looked.initFailed.properties.health.state, looked.initFailed.properties.digest], [inputs.reach, "unreachable", "sha256:0"]);
      assert.ok(!unclean.includes(looked.code));
    }
    silent.close();
  });

  await step("a state comes back whole with a failure", async () => {
    const inputs = { reach: "ssh://root@127.0.0.1:1" };
    const looked = await fails(() => engine.read({ name: "dead", id: inputs.reach, inputs, outputs: { ...inputs, observed: { "file:/x": "y".repeat(30_000) } } }));
    assert.equal(looked.initFailed?.properties.observed["file:/x"].length, 30_000, `${looked.code} ${looked.message}`);
  });

  await step("the time that the user allows ends a call with a clean status", async () => {
    const silent = net.createServer(() => {});
    await new Promise((ok) => silent.listen(0, "127.0.0.1", ok));
    const error = await fails(() => engine.create("slow", { reach: `ssh://root@127.0.0.1:${silent.address().port}` }, { timeout: 0.5 }));
    assert.ok(!unclean.includes(error.code), `${error.code} ${error.message}`);
    silent.close();
  });

  await step("a call that its caller cancels, and one with a deadline, leave the provider well", async () => {
    const silent = net.createServer(() => {});
    await new Promise((ok) => silent.listen(0, "127.0.0.1", ok));
    const inputs = { reach: `ssh://root@127.0.0.1:${silent.address().port}` };
    const cancelled = await fails(() => engine.create("gone", inputs, { onCall: (call) => setTimeout(() => call.cancel(), 100) }));
    assert.equal(cancelled.code, grpc.status.CANCELLED);
    const late = await fails(() => engine.create("late", inputs, { deadline: Date.now() + 300 }));
    assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED);
    silent.close();
    await alive();
  });

  await step("an unknown address is no failure of a preview", async () => {
    const preview = await engine.create("later", { reach: unknown }, { preview: true });
    assert.deepEqual([preview.outputs.digest, preview.outputs.health], [unknown, unknown]);
  });

  await step("configuration that is wrong is said by CheckConfig", async () => {
    const { problems } = await engine.configure({ connectTimeout: "soon", onDelete: "burn", sshConfig: "/nonexistent", nonsense: "1" });
    assert.equal(problems.length, 4, problems.join("\n"));
  });

  await step("before Configure, hosts are refused with a clean status; Attach connects the log", async () => {
    const bare = await Engine.start(provider, {}, { configure: false, attach: true });
    await bare.attach();
    assert.equal((await fails(() => bare.create("x", {}))).code, grpc.status.FAILED_PRECONDITION);
    await bare.configure({});
    const forgotten = { name: "x", id: "local", inputs: { onDelete: "forget" }, outputs: {} };
    await bare.delete(forgotten);
    assert.ok(bare.logs.some((l) => l.text.includes("forgotten") && l.urn === urn("x")));
    assert.equal(await bare.end(), 0);
  });

  await step("SIGTERM ends it in order", async () => {
    const brief = await Engine.start(provider);
    brief.process.kill("SIGTERM");
    assert.equal(await brief.exited, 0);
    brief.server.forceShutdown();
  });

  await step("Cancel ends what is under way", async () => {
    const silent = net.createServer(() => {});
    await new Promise((ok) => silent.listen(0, "127.0.0.1", ok));
    const waiting = fails(() => engine.create("waiting", { reach: `ssh://root@127.0.0.1:${silent.address().port}` }));
    await new Promise((ok) => setTimeout(ok, 200));
    await engine.call("cancel", new empty.Empty());
    assert.ok(!unclean.includes((await waiting).code));
    silent.close();
    assert.equal(await engine.end(), 0);
  });

  await step("a provider whose engine vanished ends by itself", async () => {
    const orphan = await Engine.start(provider);
    orphan.client.close();
    orphan.server.forceShutdown();
    assert.equal(await orphan.exited, 0);
  });
} finally {
  engine.process.kill("SIGKILL");
}
