// What the official client makes of the broker, as one JSON object on standard output.
//
//   node client.mjs URL MODE      MODE: legacy, auto, or a revision to insist on
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, mode] = process.argv.slice(2);
const errors = [];
const client = new Client(
  { name: 'sallyport-tests', version: '1' },
  { versionNegotiation: { mode: mode === 'legacy' || mode === 'auto' ? mode : { pin: mode } } },
);
client.onerror = error => errors.push(error.message);
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);

const call = (name, args, options) => client.callTool({ name, arguments: args }, options);
const found = {
  server: client.getServerVersion(),
  capabilities: client.getServerCapabilities(),
  instructions: client.getInstructions(),
  session: transport.sessionId ?? null,
  tools: (await client.listTools()).tools,
  hello: await call('run_python', { code: 'print(context["a"] + 1)', context: { a: 41 } }),
  files: await call('run_python', {
    code: 'print(open("in.txt").read(), input())',
    files: [{ path: 'in.txt', content: 'placed' }],
    stdin: 'typed',
  }),
  picture: await call('run_python', {
    code: 'import base64\nwith open("output/dot.png", "wb") as file:\n' +
      '    file.write(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="))\n',
  }),
  exception: await call('run_python', { code: 'x = 1\nraise ValueError("bad")' }),
  refused: await call('run_python', { code: 'import os\nprint(eval("1"))' }),
  invalid: await call('validate_python', { code: 'x = (1,' }),
  valid: await call('validate_python', { code: 'x = 1' }),
  ceiling: await call('run_python', { code: '1', timeout_seconds: 100000 }),
};
try {
  await call('no_such_tool', {});
} catch (error) {
  found.unknown_tool = error.message;
}

const stop = new AbortController();
setTimeout(() => stop.abort('enough'), 1500);
try {
  await call('run_python', { code: 'import time\ntime.sleep(25)' }, { signal: stop.signal });
} catch (error) {
  found.cancelled = error.message;
}
// The connection stays, so that only the protocol's own word can have stopped the program.
await new Promise(resolve => setTimeout(resolve, 2500));
const ready = await fetch(new URL('/readyz', url));
found.running_after_cancel = (await ready.json()).running;
found.errors = errors;
await client.close();
console.log(JSON.stringify(found));
