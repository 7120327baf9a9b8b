// A peer that was not written with us in mind: node's own HTTP/2. Opens a WebSocket to the wiki, says something, and
// prints what came back and why it was closed.

import http2 from "node:http2";

const { port, cookie } = JSON.parse(process.argv[2]);
const authority = `wiki.localhost:${port}`;
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));

const session = http2.connect(`http://127.0.0.1:${port}`);
await next(session, "remoteSettings");
const offered = session.remoteSettings.enableConnectProtocol;
const stream = session.request({
  ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":authority": authority, ":path": "/socket",
  cookie, origin: `http://${authority}`, "sec-websocket-version": "13",
});
const status = (await next(stream, "response"))[":status"];
stream.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("hello")]));
const heard = (await next(stream, "data")).subarray(2).toString();
console.log(JSON.stringify({ offered, status, heard }));
const closing = await next(stream, "data");
const ended = next(stream, "end");
stream.end();
await ended;
console.log(JSON.stringify({ opcode: closing[0] & 0x0f, code: closing.readUInt16BE(2) }));
process.exit();
