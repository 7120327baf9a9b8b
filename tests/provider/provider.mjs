// A certified OpenID provider (npm oidc-provider) for the tests, on loopback.
//
//   node provider.mjs '{"users": {…}, "clients": […], "claimsInIdToken": true, …}'
//
// Prints {"issuer": "http://127.0.0.1:PORT"} when it is ready and ends when its standard input does. Beside the
// provider's own routes it has, for tests alone: POST /test/rotate (new signing keys, the old ones gone) and
// POST /test/clients (one more client, as JSON). Anybody may sign in as anybody: never let a network reach it.
import { createServer, request as send } from 'node:http';

// Its advice for production, on standard error, is not for us.
console.warn = console.info = () => {};
process.removeAllListeners('warning');
const { default: Provider, errors } = await import('oidc-provider');

const settings = JSON.parse(process.argv[2] ?? '{}');

const users = {
  alice: { name: 'Alice Archer', email: 'alice@example.com', email_verified: true, groups: ['admin', 'home-lab'] },
  bob: { name: 'Bob Baker', email: 'bob@example.com', email_verified: true, groups: ['home-lab'] },
  carol: { name: 'Carol Cook', email: 'carol@example.com', email_verified: true, groups: [] },
  ...settings.users,
};

const clients = settings.clients ?? [];
let keys = await newKeys();
let provider;

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/test/rotate') {
    return newKeys().then((fresh) => {
      keys = fresh;
      rebuild(response);
    });
  }
  if (request.method === 'POST' && request.url === '/test/clients') {
    return body(request).then((text) => {
      clients.push(JSON.parse(text));
      rebuild(response);
    });
  }
  const interaction = /^\/interaction\/[\w-]+$/.test(request.url);
  return interaction ? signIn(request, response) : provider.callback()(request, response);
});

server.listen(settings.port ?? 0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  settings.issuer ??= issuer;
  provider = newProvider();
  console.log(JSON.stringify({ issuer: settings.issuer }));
});
process.stdin.on('end', () => process.exit(0)).resume();

// Names below localhost are this machine's, whatever its resolver knows.
function toLoopback(address, { method = 'GET', headers, body: text }) {
  const { host, port, pathname, search } = new URL(address);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: pathname + search, method, headers: { ...Object.fromEntries(new Headers(headers)), host } };
    const request = send(options, (answer) => {
      body(answer).then((told) => resolve(new Response(told || null, { status: answer.statusCode })), reject);
    });
    request.on('error', reject).end(text?.toString());
  });
}

// What the provider remembers lives beside it, so a new one goes on where the old one stopped.
function rebuild(response) {
  provider = newProvider();
  response.writeHead(204).end();
}

function newProvider() {
  const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'HS256'];
  return new Provider(settings.issuer, {
    clients,
    jwks: { keys },
    fetch: toLoopback,
    cookies: { keys: ['tests only'] },
    claims: {
      openid: ['sub', 'sid'],
      profile: ['name', 'preferred_username', 'locale'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'department'],
    },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    conformIdTokenClaims: !settings.claimsInIdToken,
    pkce: { required: () => settings.pkceRequired ?? false },
    enabledJWA: { idTokenSigningAlgValues: algorithms, userinfoSigningAlgValues: algorithms },
    features: {
      devInteractions: { enabled: false },
      jwtUserinfo: { enabled: settings.userinfo ?? true },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      userinfo: { enabled: settings.userinfo ?? true },
    },
    // As many providers do, whatever scopes are asked for.
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) =>
      users[sub] && {
        accountId: sub,
        claims: () => ({ preferred_username: sub, ...users[sub], sub }),
      },
    // Whoever signs in has agreed.
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc;
      const known = session.grantIdFor(client.clientId);
      const grant = known && (await ctx.oidc.provider.Grant.find(known));
      if (grant) return grant;
      const fresh = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      fresh.addOIDCScope('openid offline_access profile email groups');
      fresh.addOIDCClaims(['groups']);
      await fresh.save();
      return fresh;
    },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  });
}

async function signIn(request, response) {
  try {
    const { params } = await provider.interactionDetails(request, response);
    if (request.method !== 'POST') return page(response, 200, '', params.login_hint ?? '');
    const username = new URLSearchParams(await body(request)).get('username')?.trim() ?? '';
    if (username === 'cancel') {
      const error = { error: 'access_denied', error_description: 'the person went away' };
      return await provider.interactionFinished(request, response, error);
    }
    if (!Object.hasOwn(users, username)) return page(response, 400, 'Nobody of that name is here.', username);
    const login = { accountId: username, remember: true };
    return await provider.interactionFinished(request, response, { login });
  } catch (error) {
    const known = error instanceof errors.SessionNotFound;
    if (!known) console.error(error);
    return page(response, known ? 400 : 500, 'This sign-in cannot go on: start again.', '');
  }
}

function page(response, status, notice, username) {
  const safe = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`<!doctype html>
<html lang="en">
<title>Test provider</title>
<h1>Test provider</h1>
<p role="alert">${safe(notice)}</p>
<form method="post">
<label>Username <input name="username" value="${safe(username)}" autocomplete="off" autofocus required></label>
<button type="submit">Sign in</button>
</form>
<p>Here are ${safe(Object.keys(users).join(', '))}.</p>
`);
}

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

// By WebCrypto: in Node 20 generateKeyPairSync() and an export as JWK can wait for each other for ever.
async function newKeys() {
  const jwk = async (algorithm) => {
    const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const { alg, ext, key_ops, ...key } = await crypto.subtle.exportKey('jwk', privateKey);
    return { ...key, use: 'sig' };
  };
  return Promise.all([
    jwk({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }),
    jwk({ name: 'ECDSA', namedCurve: 'P-256' }),
    jwk({ name: 'ECDSA', namedCurve: 'P-384' }),
    jwk({ name: 'ECDSA', namedCurve: 'P-521' }),
    jwk({ name: 'Ed25519' }),
  ]);
}
