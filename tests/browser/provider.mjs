// An OpenID provider that nobody here wrote, npm's oidc-provider, with a login page of two fields.
// It demands PKCE of whoever has no secret, rotates refresh tokens and takes no redirect URI but those it was told.
//
//   node provider.mjs '{"clients": […], "people": {"ada": {"password": "…", "email": "…"}}, "ttl": {…}}'
//
// It listens on a free port of 127.0.0.1, says which in its first line, and then tells every token
// that it gives or refuses, a line each. It ends with its standard input.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);
const ttl = { AccessToken: 3600, IdToken: 3600, RefreshToken: 86400, ...asked.ttl };

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' };

const provider = new Provider(issuer, {
  clients: asked.clients,
  jwks: { keys: [key] },
  cookies: { keys: ['a key that signs cookies of one test'] },
  // A user pool has a secret in its stead.
  pkce: { required: (_, client) => client.clientAuthMethod === 'none' },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // The claims of the scopes stand in the ID token, as most providers have it.
  conformIdTokenClaims: false,
  ttl: { ...ttl, Session: 3600, Grant: 86400, Interaction: 600, AuthorizationCode: 60 },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: true },
  },
  interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
  findAccount: (_, id) => asked.people[id] && { accountId: id, claims: () => claims(id) },
  renderError: (ctx, { error, error_description: why }) => {
    ctx.type = 'html';
    ctx.body = page('That did not work', `<p id="error">${escaped(error)}: ${escaped(why ?? '')}</p>`);
  },
});

server.on('request', (request, response) => {
  answer(request, response).catch((error) => {
    tell('failed', { error: String(error) });
    response.writeHead(500).end(String(error));
  });
});

for (const event of ['grant.success', 'grant.error', 'grant.revoked', 'authorization.error', 'end_session.success']) {
  provider.on(event, (ctx, error) => tell(event, {
    grant_type: ctx.oidc?.params?.grant_type,
    client_id: ctx.oidc?.client?.clientId,
    prompt: ctx.oidc?.params?.prompt,
    error: error?.error,
    why: error?.error_description ?? error?.error_detail,
  }));
}
provider.on('server_error', (_, error) => tell('server_error', { error: error.stack }));

process.stdin.resume().on('end', () => process.exit(0));
console.log(JSON.stringify({ issuer }));

async function answer(request, response) {
  const { pathname } = new URL(request.url, issuer);
  if (!pathname.startsWith('/sign-in/')) return provider.callback()(request, response);

  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === 'consent') return consent(request, response);
  if (request.method !== 'POST') return show(response, params.login_hint ?? '', '');

  const form = new URLSearchParams(await body(request));
  if (form.get('answer') === 'cancel') {
    const refused = { error: 'access_denied', error_description: 'The person said no.' };
    return provider.interactionFinished(request, response, refused);
  }
  const name = form.get('username') ?? '';
  if (asked.people[name]?.password !== form.get('password')) {
    return show(response, name, 'That name and password do not belong together.');
  }
  return provider.interactionFinished(request, response, { login: { accountId: name } });
}

// Whoever signs in agrees to all that is asked for.
async function consent(request, response) {
  const { params, session, prompt, grantId } = await provider.interactionDetails(request, response);
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope: scopes, missingOIDCClaims: claims } = prompt.details;
  if (scopes) grant.addOIDCScope(scopes.join(' '));
  if (claims) grant.addOIDCClaims(claims);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

function claims(id) {
  const { email, name } = asked.people[id];
  return { sub: id, email, email_verified: true, name };
}

function show(response, name, problem) {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(page('Sign in at the provider', `
    <p id="error">${escaped(problem)}</p>
    <form method="post">
      <label>Name <input name="username" value="${escaped(name)}"></label>
      <label>Password <input name="password" type="password"></label>
      <button name="answer" value="sign-in">Sign in</button>
      <button name="answer" value="cancel">Cancel</button>
    </form>`));
}

function page(title, inside) {
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${inside}`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

function tell(event, more) {
  console.log(JSON.stringify({ event, ...more }));
}
