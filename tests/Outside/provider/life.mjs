// The whole life of a host, on a real one:  node life.mjs PROVIDER SSH-CONFIG HOST
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Engine, secret, secretKey, unclean, unknown } from "./engine.mjs";
import { fails, show, step } from "./steps.mjs";

const [provider, sshConfig, host] = process.argv.slice(2);
const on = (script) => execFileSync("ssh", ["-F", sshConfig, `root@${host}`, script], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const picture = () => on("(find /etc -xdev -type f -exec sha256sum {} +; find /etc -xdev -type l -printf '%p -> %l\\n'; find /etc -xdev -printf '%p %m %u %g\\n'; ls /sys/class/net) | sort");
const differences = (before, after) => {
  const [a, b] = [new Set(before.split("\n")), new Set(after.split("\n"))];
  return [...[...a].filter((l) => !b.has(l)).map((l) => `- ${l}`), ...[...b].filter((l) => !a.has(l)).map((l) => `+ ${l}`)];
};
const word = "geheim-4711-xyz";
const inputs = {
  reach: `ssh://root@${host}`,
  links: { cloudlet0: { kind: "bridge", mtu: 1450, addresses: ["10.80.0.1/24"] } },
  files: {
    "/etc/cloudlet-life": { directory: true },
    "/etc/cloudlet-life/site": { content: "one\n" },
    "/etc/cloudlet-life/key": { content: secret(`key = ${word}\n`), mode: "0600" },
    "/etc/motd": { content: "described\n" },
  },
};
const with_ = (change) => change(structuredClone(inputs));

const engine = await Engine.start(provider, { sshConfig, connectTimeout: "20" });
try {
  on("test -e /etc/motd || echo before >/etc/motd");
  const before = picture();

  await step("the provider keeps secrets and previews", () => assert.deepEqual([engine.handshaken.acceptSecrets, engine.handshaken.preview, engine.handshaken.problems], [true, true, []]));

  await step("Check fills in the name", async () => {
    const { inputs: checked, failures } = await engine.check(host, inputs);
    assert.deepEqual([checked.name, failures], [host, []]);
    inputs.name = checked.name;
  });

  await step("Check says what cloudlet plan says, each at its property", async () => {
    const { failures } = await engine.check(host, with_((i) => { i.links.cloudlet0.mtuu = 1; i.links.cloudlet0.mtu = "high"; i.files["/etc/motd"].mode = "9999"; i.files["/etc/cloudlet-life/key"].mode = secret("oops-77"); return i; }));
    show(failures);
    assert.deepEqual(failures.map((f) => f.property).filter((p) => p.startsWith("links")).sort(), ["links.cloudlet0.mtu", "links.cloudlet0.mtuu"]);
    assert.ok(failures.some((f) => f.property === 'files["/etc/motd"].mode'));
    assert.ok(!JSON.stringify(failures).includes("oops-77"), "a secret is in a message");
  });

  await step("Check passes over what is not known yet", async () => {
    const { failures } = await engine.check(host, with_((i) => { i.links.cloudlet0.mtu = unknown; i.links.cloudlet0.addresses = [unknown]; i.reach = unknown; return i; }));
    assert.deepEqual(failures, []);
  });

  await step("a preview of Create touches nothing and says what it would do", async () => {
    const preview = await engine.create(host, inputs, { preview: true });
    assert.match(preview.outputs.digest, /^sha256:/);
    assert.equal(preview.outputs.observed, unknown);
    assert.deepEqual(differences(before, picture()), []);
    assert.ok(engine.logs.some((l) => l.text.includes("create link:cloudlet0")), JSON.stringify(engine.logs));
    show(engine.logs.filter((l) => !l.ephemeral).map((l) => l.text));
  });

  let resource = await step("Create makes the host", async () => {
    const made = await engine.create(host, inputs);
    assert.deepEqual([made.id, made.refreshBeforeUpdate, made.outputs.health.state, made.outputs.addresses], [`ssh://root@${host}`, true, "as-described", ["10.80.0.1/24"]]);
    assert.equal(on("cat /sys/class/net/cloudlet0/mtu /etc/motd"), "1450\ndescribed\n");
    return made;
  });

  await step("secrets stay secret", () => {
    assert.ok(resource.outputs.files["/etc/cloudlet-life/key"].content[secretKey], "the output is not marked");
    assert.ok(resource.outputs.observed[secretKey], "what was observed is not marked");
    assert.ok(!JSON.stringify(resource.outputs.observed).includes(word));
    assert.ok(!JSON.stringify(engine.logs).includes(word));
    assert.equal(on("cat /etc/cloudlet-life/key"), `key = ${word}\n`);
  });

  const refreshed = async () => ({ ...resource, ...(await engine.read(resource)) });
  const quiet = async () => {
    resource = await refreshed();
    assert.equal(resource.outputs.health.state, "as-described");
    const diff = await engine.diff(resource, resource.inputs);
    assert.deepEqual([diff.changes, diff.detailed], ["none", {}]);
  };
  await step("nothing changes when nothing changed", quiet);

  await step("drift is seen, at the properties that drifted", async () => {
    on("ip link set cloudlet0 mtu 1400; ip address add 10.99.0.1/24 dev cloudlet0; echo by hand >/etc/motd; rm /etc/cloudlet-life/site");
    resource = await refreshed();
    assert.deepEqual([resource.outputs.health.state, resource.outputs.links.cloudlet0.mtu], ["drifted", 1400]);
    assert.ok(!JSON.stringify(resource.outputs).includes("by hand"), "what somebody wrote into a file is in the state");
    const diff = await engine.diff(resource, inputs);
    show(diff.detailed);
    assert.equal(diff.changes, "some");
    assert.deepEqual(diff.detailed, {
      'files["/etc/cloudlet-life/site"]': "add (drift)",
      'files["/etc/motd"].content': "update (drift)",
      "links.cloudlet0.addresses": "update (drift)",
      "links.cloudlet0.mtu": "update (drift)",
    });
    assert.deepEqual(Object.keys((await engine.diff(resource, inputs, ["links", 'files["/etc/motd"]'])).detailed), ['files["/etc/cloudlet-life/site"]']);
  });

  await step("Update repairs drift", async () => {
    resource = await engine.update(resource, inputs);
    assert.equal(on("cat /sys/class/net/cloudlet0/mtu /etc/motd /etc/cloudlet-life/site"), "1450\ndescribed\none\n");
    await quiet();
  });

  await step("a change of the description shows, and is made", async () => {
    const news = with_((i) => { i.links.cloudlet0.mtu = 1300; i.files["/etc/cloudlet-life/more"] = { content: "more\n" }; delete i.files["/etc/cloudlet-life/site"]; return i; });
    const diff = await engine.diff(resource, news);
    assert.deepEqual([diff.changes, diff.detailed], ["some", { 'files["/etc/cloudlet-life/more"]': "add", 'files["/etc/cloudlet-life/site"]': "delete", "links.cloudlet0.mtu": "update" }]);
    await engine.update(resource, news, { preview: true });
    assert.equal(on("cat /sys/class/net/cloudlet0/mtu"), "1450\n");
    resource = await engine.update(resource, news);
    assert.equal(on("cat /sys/class/net/cloudlet0/mtu /etc/cloudlet-life/more; test ! -e /etc/cloudlet-life/site"), "1300\nmore\n");
    await quiet();
  });

  await step("another machine is a replacement, the old one goes first", async () => {
    const diff = await engine.diff(resource, with_((i) => { i.reach = "ssh://root@other"; i.links = resource.inputs.links; i.files = resource.inputs.files; return i; }));
    assert.deepEqual([diff.changes, diff.replaces, diff.deleteBeforeReplace, diff.detailed], ["some", ["reach"], true, { reach: "update-replace" }]);
  });

  await step("a host that converges in part is kept with what is wrong, and the rest is done", async () => {
    const news = with_((i) => { i.units = { "cloudlet-broken.service": { content: "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/false\n", running: true } }; return i; });
    const error = await fails(() => engine.update(resource, news));
    assert.ok(error.initFailed, `${error.code}: ${error.message}`);
    show(error.initFailed.reasons);
    assert.ok(!unclean.includes(error.code));
    assert.deepEqual([error.initFailed.id, error.initFailed.refreshBeforeUpdate, error.initFailed.properties.health.state], [resource.id, true, "drifted"]);
    assert.ok(error.initFailed.reasons.some((r) => r.includes("cloudlet-broken.service")));
    assert.equal(on("cat /sys/class/net/cloudlet0/mtu"), "1450\n");
    resource = { ...resource, outputs: error.initFailed.properties };
    resource = await engine.update(resource, inputs);
    await quiet();
  });

  await step("a host is taken up by its address", async () => {
    const taken = await engine.read({ name: host, id: `ssh://root@${host}` });
    assert.deepEqual([taken.id, taken.inputs.reach, taken.outputs.digest], [`ssh://root@${host}`, `ssh://root@${host}`, resource.outputs.digest]);
  });

  await step("Delete that forgets touches nothing", async () => {
    const kept = picture();
    await engine.delete({ ...resource, inputs: { ...inputs, onDelete: "forget" } });
    assert.deepEqual(differences(kept, picture()), []);
  });

  await step("Delete gives the host back as it was before us, and may be repeated", async () => {
    await engine.delete(resource);
    assert.deepEqual(differences(before, picture()), []);
    await engine.delete(resource);
    assert.deepEqual(differences(before, picture()), []);
  });

  await step("the provider said nothing but its port, and ends in order", async () => {
    assert.equal(await engine.end(), 0);
    assert.deepEqual([engine.output, engine.errors], ["", ""]);
  });
} finally {
  engine.process.kill("SIGKILL");
}
