// A peer that was not written with us in mind: node's own HTTP/2 and WebSocket. Opens a WebSocket to the wiki over each,
// says something, and prints what came back and how it was closed.

import http2 from "node:http2";

const { port, cookie } = JSON.parse(process.argv[2]);
const authority = `wiki.localhost:${port}`;
const origin = `http://${authority}`;

async function overHttp2() {
  const session = http2.connect(`http://127.0.0.1:${port}`, { authority });
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  const offered = session.remoteSettings.enableConnectProtocol;
  const stream = session.request({
    ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":authority": authority, ":path": "/socket",
    cookie, origin, "sec-websocket-version": "13",
  });
  const status = await new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
  stream.write(Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("hello")]));
  const heard = await new Promise((resolve) => stream.once("data", resolve));
  stream.end();
  session.close();
  return { offered, status, heard: heard.subarray(2).toString() };
}

async function overHttp1() {
  const socket = new WebSocket(`ws://${authority}/socket`, { protocols: ["chat"], headers: { cookie, origin } });
  socket.onopen = () => socket.send("hello");
  const heard = await new Promise((resolve, reject) => {
    socket.onmessage = (event) => resolve(event.data);
    socket.onerror = reject;
  });
  console.log(JSON.stringify({ protocol: socket.protocol, heard }));
  const closed = await new Promise((resolve) => (socket.onclose = resolve));
  return { code: closed.code, clean: closed.wasClean };
}

console.log(JSON.stringify(await overHttp2()));
console.log(JSON.stringify(await overHttp1()));
process.exit();
