// Reads messages with Pulumi's own stubs. Each line of the input is JSON: module, message (its name, nested ones with dots) and bytes (base64, one field set).
// Each line of the output is JSON: the names of the fields that the stub found a value in.
'use strict';
const readline = require('node:readline');

const isSet = value => Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '' && value !== 0 && value !== false;

readline.createInterface({ input: process.stdin }).on('line', line => {
  const { module: file, message, bytes } = JSON.parse(line);
  let type = require(`@pulumi/pulumi/proto/${file}_pb.js`);
  for (const part of message.split('.')) type = type && type[part];
  const fields = type ? Object.entries(type.deserializeBinary(Buffer.from(bytes, 'base64')).toObject()) : [['no such message', true]];
  process.stdout.write(JSON.stringify(fields.filter(([, value]) => isSet(value)).map(([name]) => name)) + '\n');
});
