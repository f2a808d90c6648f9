// Plays Pulumi's engine against a provider, with the official generated stubs: starts it as the engine does, hears its log, calls its methods.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
export const grpc = require("@grpc/grpc-js");
export const struct = require("google-protobuf/google/protobuf/struct_pb.js");
export const empty = require("google-protobuf/google/protobuf/empty_pb.js");
export const messages = require("@pulumi/pulumi/proto/provider_pb.js");
const plugin = require("@pulumi/pulumi/proto/plugin_pb.js");
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const { EngineService } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
const status = require("@pulumi/pulumi/proto/status_pb.js");

export const secretKey = "4dabf18193072939515e22adb298388d";
export const secretSign = "1b47061264138c4ac30d75fd1eb44270";
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const secret = (value) => ({ [secretKey]: secretSign, value });
export const urn = (name, type = "cloudlet:index:Host") => `urn:pulumi:lab::provision::${type}::${name}`;
const toStruct = (value) => struct.Struct.fromJavaScript(value);
const fromStruct = (value) => value?.toJavaScript() ?? {};

/** A call that failed; `initFailed` is the detail of a resource that is there but not as it should be. */
export class CallFailed extends Error {
  constructor(error) {
    super(error.details);
    this.cause = error; // the stub's own words
    this.code = error.code;
    const [raw] = error.metadata?.get("grpc-status-details-bin") ?? [];
    for (const any of raw ? status.Status.deserializeBinary(raw).getDetailsList() : []) {
      if (any.getTypeUrl().endsWith("/pulumirpc.ErrorResourceInitFailed")) {
        const detail = messages.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
        this.initFailed = { id: detail.getId(), reasons: detail.getReasonsList(), properties: fromStruct(detail.getProperties()), inputs: fromStruct(detail.getInputs()), refreshBeforeUpdate: detail.getRefreshBeforeUpdate() };
      }
    }
  }
}

/** Statuses that make the engine call the state corrupt: UNKNOWN, INTERNAL, DATA_LOSS. */
export const unclean = [grpc.status.UNKNOWN, grpc.status.INTERNAL, grpc.status.DATA_LOSS];

export class Engine {
  logs = [];

  /** Starts a provider and goes as far as Configure. */
  static async start(program, config = {}, options = {}) {
    const engine = new Engine();
    await engine.listen();
    await engine.launch(program, options);
    if (options.configure !== false) engine.handshaken = await engine.configure(config);
    return engine;
  }

  async listen() {
    this.server = new grpc.Server();
    const log = (call, done) => {
      this.logs.push({ severity: call.request.getSeverity(), text: call.request.getMessage(), urn: call.request.getUrn(), ephemeral: call.request.getEphemeral() });
      done(null, new empty.Empty());
    };
    const none = (_, done) => done({ code: grpc.status.UNIMPLEMENTED });
    const service = Object.fromEntries(Object.keys(EngineService).map((name) => [name, name === "log" ? log : none]));
    this.server.addService(EngineService, service);
    const port = await new Promise((ok, fail) => this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (e, p) => (e ? fail(e) : ok(p))));
    this.address = `127.0.0.1:${port}`;
  }

  async launch(program, { attach = false } = {}) {
    this.process = spawn(program, attach ? [] : [this.address], { stdio: ["ignore", "pipe", "pipe"] });
    this.errors = "";
    this.output = "";
    this.process.stderr.on("data", (d) => (this.errors += d));
    this.exited = new Promise((ok) => this.process.once("exit", (code, signal) => ok(code ?? signal)));
    const lines = createInterface({ input: this.process.stdout });
    const first = await new Promise((ok, fail) => {
      lines.once("line", ok);
      this.exited.then((code) => fail(new Error(`the provider ended with ${code} before its port: ${this.errors}`)));
    });
    lines.on("line", (line) => (this.output += line + "\n"));
    if (!/^[0-9]+$/.test(first)) throw new Error(`the first line is no port: ${first}`);
    this.port = Number(first);
    const limits = { "grpc.max_receive_message_length": 400 << 20, "grpc.max_send_message_length": -1, "grpc.max_metadata_size": 16 << 20 }; // as the engine's gRPC has it
    this.client = new ResourceProviderClient(`127.0.0.1:${first}`, grpc.credentials.createInsecure(), limits);
  }

  call(method, request, options = {}) {
    return new Promise((ok, fail) => {
      const call = this.client[method](request, new grpc.Metadata(), options, (error, answer) => (error ? fail(new CallFailed(error)) : ok(answer)));
      options.onCall?.(call);
    });
  }

  async configure(config) {
    const hello = new messages.ProviderHandshakeRequest();
    hello.setEngineAddress(this.address);
    hello.setConfigureWithUrn(true);
    hello.setSupportsRefreshBeforeUpdate(true);
    const handshake = await this.call("handshake", hello);
    const info = await this.call("getPluginInfo", new empty.Empty());
    const check = new messages.CheckRequest();
    check.setUrn(urn("default", "pulumi:providers:cloudlet"));
    check.setNews(toStruct(config));
    const checked = await this.call("checkConfig", check);
    const problems = checked.getFailuresList().map((f) => `${f.getProperty()}: ${f.getReason()}`);
    if (problems.length > 0) return { problems };
    const configure = new messages.ConfigureRequest();
    configure.setArgs(checked.getInputs());
    configure.setAcceptsecrets(true);
    configure.setSendsOldInputs(true);
    const configured = await this.call("configure", configure);
    return { acceptSecrets: handshake.getAcceptSecrets() && configured.getAcceptsecrets(), preview: configured.getSupportspreview(), version: info.getVersion(), problems };
  }

  async attach() {
    const attach = new plugin.PluginAttach();
    attach.setAddress(this.address);
    await this.call("attach", attach);
  }

  async schema() {
    return JSON.parse((await this.call("getSchema", new messages.GetSchemaRequest())).getSchema());
  }

  async check(name, news, olds = {}, options = {}) {
    const request = new messages.CheckRequest();
    request.setUrn(urn(name));
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const answer = await this.call("check", request, options);
    return { inputs: fromStruct(answer.getInputs()), failures: answer.getFailuresList().map((f) => ({ property: f.getProperty(), reason: f.getReason() })) };
  }

  async diff(resource, news, ignore = []) {
    const request = new messages.DiffRequest();
    request.setId(resource.id);
    request.setUrn(urn(resource.name));
    request.setOlds(toStruct(resource.outputs));
    request.setOldInputs(toStruct(resource.inputs));
    request.setNews(toStruct(news));
    request.setIgnorechangesList(ignore);
    const answer = await this.call("diff", request);
    const kinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];
    const detailed = {};
    answer.getDetaileddiffMap().forEach((d, path) => (detailed[path] = `${kinds[d.getKind()]}${d.getInputdiff() ? "" : " (drift)"}`));
    return {
      changes: ["unknown", "none", "some"][answer.getChanges()],
      replaces: answer.getReplacesList(),
      deleteBeforeReplace: answer.getDeletebeforereplace(),
      detailed,
    };
  }

  async create(name, inputs, { preview = false, timeout = 0, ...options } = {}) {
    const request = new messages.CreateRequest();
    request.setUrn(urn(name));
    request.setProperties(toStruct(inputs));
    request.setPreview(preview);
    request.setTimeout(timeout);
    const answer = await this.call("create", request, options);
    return { name, id: answer.getId(), inputs, outputs: fromStruct(answer.getProperties()), refreshBeforeUpdate: answer.getRefreshBeforeUpdate() };
  }

  async read(resource, { timeout = 0 } = {}) {
    const request = new messages.ReadRequest();
    request.setId(resource.id);
    request.setUrn(urn(resource.name));
    request.setTimeout(timeout);
    if (resource.inputs) request.setInputs(toStruct(resource.inputs));
    request.setProperties(toStruct(resource.outputs ?? {}));
    const answer = await this.call("read", request);
    return { name: resource.name, id: answer.getId(), inputs: fromStruct(answer.getInputs()), outputs: fromStruct(answer.getProperties()), refreshBeforeUpdate: answer.getRefreshBeforeUpdate() };
  }

  async update(resource, news, { preview = false, timeout = 0, ...options } = {}) {
    const request = new messages.UpdateRequest();
    request.setId(resource.id);
    request.setUrn(urn(resource.name));
    request.setOlds(toStruct(resource.outputs));
    request.setOldInputs(toStruct(resource.inputs));
    request.setNews(toStruct(news));
    request.setPreview(preview);
    request.setTimeout(timeout);
    const answer = await this.call("update", request, options);
    return { ...resource, inputs: news, outputs: fromStruct(answer.getProperties()) };
  }

  async delete(resource) {
    const request = new messages.DeleteRequest();
    request.setId(resource.id);
    request.setUrn(urn(resource.name));
    request.setProperties(toStruct(resource.outputs));
    request.setOldInputs(toStruct(resource.inputs));
    await this.call("delete", request);
  }

  /** Ends the provider as the engine does: Cancel, an interrupt, five seconds. */
  async end() {
    await this.call("cancel", new empty.Empty());
    this.process.kill("SIGINT");
    const late = setTimeout(() => this.process.kill("SIGKILL"), 20_000);
    const code = await this.exited;
    clearTimeout(late);
    this.client.close();
    this.server.forceShutdown();
    return code;
  }
}
