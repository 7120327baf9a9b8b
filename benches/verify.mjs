// What Badger asks about every request. It answers as Pangolin does and does none of its work: a session is a secret and
// a name.
//
//   node verify.mjs '{"port": 3001, "secret": "…"}'
import { createServer } from 'node:http';

const { port, secret } = JSON.parse(process.argv[2]);
const session = new RegExp(`${secret}\\.([\\w-]+)`);

createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk)).on('end', () => {
    const [, user] = text.match(session) ?? [];
    const known = { valid: true, userId: user, username: user, email: `${user}@example.com`, name: user, role: 'Member' };
    const answer = JSON.stringify({ data: user ? known : { valid: false } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  });
}).listen(port, '127.0.0.1');
