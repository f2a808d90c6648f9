// An engine for one program, on Pulumi's own stubs: says its port in the first line, then writes each call as a line of JSON, and ends when its standard input does.
// The only argument is JSON: preview, outputs and failures by resource name, lacks (methods), dieAt (resource name), bigAt (resource name).
'use strict';
const grpc = require('@grpc/grpc-js');
const resources = require('@pulumi/pulumi/proto/resource_pb.js');
const { ResourceMonitorService } = require('@pulumi/pulumi/proto/resource_grpc_pb.js');
const { EngineService } = require('@pulumi/pulumi/proto/engine_grpc_pb.js');
const { Struct } = require('google-protobuf/google/protobuf/struct_pb.js');
const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js');

const told = JSON.parse(process.argv[2]);
const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const write = (method, request) => process.stdout.write(JSON.stringify({ method, ...request }) + '\n');
const plain = struct => struct ? struct.toJavaScript() : {};

function monitorAnswers() {
  return {
    supportsFeature(call, answer) {
      write('SupportsFeature', { id: call.request.getId() });
      const response = new resources.SupportsFeatureResponse();
      response.setHassupport(true);
      answer(null, response);
    },
    registerResource(call, answer) {
      const r = call.request;
      const name = r.getName();
      const inputs = plain(r.getObject());
      write('RegisterResource', {
        type: r.getType(), name, parent: r.getParent(), custom: r.getCustom(), inputs: name === told.bigAt ? {} : inputs,
        dependencies: r.getDependenciesList(), acceptSecrets: r.getAcceptsecrets(), deleteBeforeReplace: r.getDeletebeforereplace(),
        propertyDependencies: Object.fromEntries([...r.getPropertydependenciesMap().entries()].map(([key, value]) => [key, value.getUrnsList()])),
      });
      if (name === told.dieAt) process.exit(9);
      const failure = (told.failures || {})[name];
      if (failure) return answer({ code: failure.code, details: failure.message });
      const response = new resources.RegisterResourceResponse();
      response.setUrn(`urn:pulumi:dev::proj::${r.getType()}::${name}`);
      if (r.getCustom() && !told.preview) response.setId(`${name}-id`);
      const made = r.getCustom() ? { made: told.preview ? unknown : name === told.bigAt ? 'y'.repeat(9000000) : `made ${name}` } : {};
      response.setObject(Struct.fromJavaScript({ ...inputs, ...made, ...((told.outputs || {})[name] || {}) }));
      answer(null, response);
    },
    registerResourceOutputs(call, answer) {
      write('RegisterResourceOutputs', { urn: call.request.getUrn(), outputs: plain(call.request.getOutputs()) });
      answer(null, new Empty());
    },
    signalAndWaitForShutdown(call, answer) {
      write('SignalAndWaitForShutdown', {});
      answer(null, new Empty());
    },
  };
}

const engineAnswers = {
  log(call, answer) {
    const r = call.request;
    write('Log', { severity: r.getSeverity(), message: r.getMessage(), urn: r.getUrn() });
    answer(null, new Empty());
  },
};

const limits = { 'grpc.max_receive_message_length': 400 << 20, 'grpc.max_send_message_length': 400 << 20 };
const server = new grpc.Server(limits);
const answers = monitorAnswers();
for (const method of told.lacks || []) delete answers[method];
server.addService(ResourceMonitorService, answers);
server.addService(EngineService, engineAnswers);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
