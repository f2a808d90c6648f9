// `pulumi up` in small: our program declares, our provider makes, and the engine between them is this, on Pulumi's own stubs:
//   node up.mjs PROVIDER SSH-CONFIG PROGRAM.dll SITE.yaml STATE.json [preview]
// STATE.json is kept between runs, as a stack's state is: what is in it is looked at first (refresh_before_update), then compared, then made.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { Engine, empty, grpc, struct, unknown, urn } from "./engine.mjs";
import { say } from "./steps.mjs";

const require = createRequire(import.meta.url);
const resources = require("@pulumi/pulumi/proto/resource_pb.js");
const { ResourceMonitorService } = require("@pulumi/pulumi/proto/resource_grpc_pb.js");
const { EngineService } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");

const [program, sshConfig, sites, site, stateFile, mode] = process.argv.slice(2);
const isPreview = mode === "preview";
const state = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : {};
const provider = await Engine.start(program, { sshConfig, connectTimeout: "20" });

/** What the engine does with one resource: Check, then Create, or Read and Diff and perhaps Update. */
async function host(name, inputs) {
  const old = state[name];
  const { inputs: checked, failures } = await provider.check(name, inputs, old?.inputs);
  if (failures.length > 0) throw new Error(failures.map((f) => `${f.property}: ${f.reason}`).join("\n"));
  if (!old) return { operation: "create", ...(await provider.create(name, checked, { preview: isPreview })) };
  const known = { ...old, ...(await provider.read(old)), name };
  const diff = await provider.diff(known, checked);
  if (diff.changes !== "some") return { operation: "same", detailed: {}, ...known };
  return { operation: "update", detailed: diff.detailed, ...(await provider.update(known, checked, { preview: isPreview })) };
}

function serve() {
  const server = new grpc.Server();
  const answers = {
    supportsFeature(_, answer) {
      const response = new resources.SupportsFeatureResponse();
      response.setHassupport(true);
      answer(null, response);
    },
    async registerResource(call, answer) {
      try {
        const [type, name, inputs] = [call.request.getType(), call.request.getName(), call.request.getObject()?.toJavaScript() ?? {}];
        const response = new resources.RegisterResourceResponse();
        response.setUrn(urn(name, type));
        response.setObject(struct.Struct.fromJavaScript(inputs));
        if (type === "cloudlet:index:Host") {
          const made = await host(name, inputs);
          say(JSON.stringify({ host: name, operation: made.operation, detailed: made.detailed }));
          if (!isPreview) state[name] = { name, id: made.id, inputs: made.inputs, outputs: made.outputs };
          if (made.id) response.setId(made.id);
          response.setObject(struct.Struct.fromJavaScript(made.outputs));
        }
        answer(null, response);
      } catch (e) {
        say(JSON.stringify({ failed: e.initFailed?.reasons ?? e.message }));
        answer({ code: grpc.status.FAILED_PRECONDITION, details: e.message });
      }
    },
    registerResourceOutputs(call, answer) {
      say(JSON.stringify({ outputsOf: call.request.getUrn(), outputs: call.request.getOutputs()?.toJavaScript() }).replaceAll(`"${unknown}"`, '"(known after up)"'));
      answer(null, new empty.Empty());
    },
    signalAndWaitForShutdown: (_, answer) => answer(null, new empty.Empty()),
  };
  const log = (call, answer) => {
    say(JSON.stringify({ log: call.request.getMessage(), severity: call.request.getSeverity() }));
    answer(null, new empty.Empty());
  };
  const none = (_, answer) => answer({ code: grpc.status.UNIMPLEMENTED });
  const service = (definition, own) => Object.fromEntries(Object.keys(definition).map((name) => [name, own[name] ?? none]));
  server.addService(ResourceMonitorService, service(ResourceMonitorService, answers));
  server.addService(EngineService, service(EngineService, { log }));
  return new Promise((ok, fail) => server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (e, port) => (e ? fail(e) : ok({ server, address: `127.0.0.1:${port}` }))));
}

const { server, address } = await serve();
const run = spawn("dotnet", [sites], {
  cwd: dirname(site),
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    ...process.env, PULUMI_MONITOR: address, PULUMI_ENGINE: address, PULUMI_PROJECT: "provision", PULUMI_STACK: "lab", PULUMI_PARALLEL: "16", PULUMI_QUERY_MODE: "false",
    PULUMI_DRY_RUN: String(isPreview), PULUMI_CONFIG: JSON.stringify({ "provision:files": site }), PULUMI_CONFIG_SECRET_KEYS: "[]",
  },
});
const code = await new Promise((ok) => run.once("exit", (status, signal) => ok(status ?? signal)));
if (!isPreview) writeFileSync(stateFile, JSON.stringify(state), { mode: 0o600 });
server.forceShutdown();
await provider.end();
process.exit(code === 0 ? 0 : 1);
