// npm's oidc-provider is the provider behind a user pool: the pool is its client, and is judged.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";
import * as oidc from "openid-client";

import { check } from "./bench.mjs";
import { based, Browser, CALLBACK, seedBrowser } from "./browser.mjs";

// The provider warns that its pages and keys are for development, which they are.
const { warn } = console;
console.warn = (text, ...rest) => /^\S*oidc-provider/.test(text) || warn(text, ...rest);

const SECRET = "a-secret-of-the-pool-at-the-provider";

/** Runs a provider while something is done with it. Its pages are its own. */
async function withProvider(more, run) {
  // The issuer has the port in it, so the port comes first.
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const errors = [];
  const { client = {}, ...configuration } = more;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "pool",
        client_secret: SECRET,
        redirect_uris: [`${based.url}/oauth2/idpresponse`],
        token_endpoint_auth_method: "client_secret_post",
        ...client,
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@work.example`, email_verified: true, name: `Ms ${id}` }),
    }),
    pkce: { required: () => false },
    // All that it would otherwise remark upon.
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    renderError: (ctx, out) => {
      ctx.body = JSON.stringify(out);
    },
    ...configuration,
  });
  for (const event of ["authorization.error", "grant.error", "server_error", "userinfo.error"]) {
    provider.on(event, (_, error) => errors.push(`${event}: ${error.error_description ?? error}`));
  }
  server.on("request", provider.callback());
  try {
    await run(issuer, errors, provider);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A pool with that provider behind it, and its client. */
async function pool(issuer, more = {}) {
  const provider = {
    name: "Work",
    issuer,
    client_id: "pool",
    client_secret: SECRET,
    identifiers: ["work.example"],
    ...more,
  };
  const chain = await seedBrowser({ pool: { identity_providers: [provider] } });
  const insecure = { execute: [oidc.allowInsecureRequests] };
  const config = await oidc.discovery(new URL(chain.issuer), chain.client_id, undefined, oidc.None(), insecure);
  return { chain, config };
}

/** From the app to the pool to the provider, whose two pages are answered, and all the way back. */
async function walk({ config }, browser, name, parameters = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: "openid email profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    identity_provider: "Work",
    ...parameters,
  });
  let page = await browser.open(url);
  for (let pages = 0; page.html && pages < 4; pages += 1) {
    assert.ok(/<form/.test(page.html), `${page.url}: ${page.html.slice(0, 2000)}`);
    page = await browser.submit(page, /name="login"/.test(page.html) ? { login: name, password: "x" } : {});
  }
  const exchange = () => oidc.authorizationCodeGrant(config, page.url, { ...checks, idTokenExpected: true });
  return { page, exchange };
}

await check("oidc-provider: behind a pool, there and back", async () => {
  await withProvider({}, async (issuer, errors) => {
    const ground = await pool(issuer);
    const browser = new Browser();
    const { exchange } = await walk(ground, browser, "ann");
    const claims = (await exchange()).claims();
    assert.equal(claims["cognito:username"], "Work_ann");
    // Its ID token has no e-mail address in it: that comes from its userinfo.
    assert.equal(claims.email, "ann@work.example");
    assert.equal(claims.email_verified, true);
    assert.equal(claims.name, "Ms ann");
    assert.equal(claims.identities[0].userId, "ann");
    assert.equal(claims.identities[0].providerType, "OIDC");
    // The second time nobody is asked, not even by another client's sign-in at the provider.
    const again = await walk(ground, browser, "nobody", { prompt: "none" });
    assert.equal((await again.exchange()).claims().sub, claims.sub);
    const other = await walk(ground, new Browser(), "bob", { identity_provider: "", idp_identifier: "work.example" });
    assert.equal((await other.exchange()).claims()["cognito:username"], "Work_bob");
    assert.deepEqual(errors, []);
  });
});

await check("oidc-provider: the pool's secret by header, where the provider wants that", async () => {
  const settings = {
    client: { token_endpoint_auth_method: "client_secret_basic" },
    clientAuthMethods: ["client_secret_basic"],
  };
  await withProvider(settings, async (issuer, errors) => {
    const { exchange } = await walk(await pool(issuer), new Browser(), "ann");
    assert.equal((await exchange()).claims()["cognito:username"], "Work_ann");
    assert.deepEqual(errors, []);
  });
});

await check("oidc-provider: ES256 and PS256 signatures", async () => {
  for (const [algorithm, pair] of [
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["PS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ]) {
    const settings = {
      jwks: { keys: [{ ...pair.privateKey.export({ format: "jwk" }), use: "sig", kid: algorithm, alg: algorithm }] },
      client: { id_token_signed_response_alg: algorithm },
    };
    await withProvider(settings, async (issuer) => {
      const { exchange } = await walk(await pool(issuer), new Browser(), "ann");
      assert.equal((await exchange()).claims()["cognito:username"], "Work_ann");
    });
  }
});

await check("oidc-provider: a wrong secret, and a redirect URI that is not registered", async () => {
  await withProvider({}, async (issuer, errors) => {
    const { exchange } = await walk(await pool(issuer, { client_secret: "wrong" }), new Browser(), "ann");
    await assert.rejects(exchange(), {
      name: "AuthorizationResponseError",
      error: "invalid_request",
      error_description: "Work Error - 401 error getting token",
    });
    assert.match(errors.join(), /client authentication failed|secret/);
  });
  const elsewhere = { client: { redirect_uris: ["http://127.0.0.1:1/elsewhere"] } };
  await withProvider(elsewhere, async (issuer, errors) => {
    const ground = await pool(issuer);
    await assert.rejects(walk(ground, new Browser(), "ann"));
    assert.match(errors.join(), /redirect_uri/);
  });
});

await check("oidc-provider: prompt=login and login_hint go on to it", async () => {
  await withProvider({}, async (issuer, errors) => {
    const ground = await pool(issuer);
    const browser = new Browser();
    const first = await (await walk(ground, browser, "ann")).exchange();
    const other = { prompt: "login", login_hint: "bob" };
    const second = await (await walk(ground, browser, "bob", other)).exchange();
    assert.equal(first.claims()["cognito:username"], "Work_ann");
    assert.equal(second.claims()["cognito:username"], "Work_bob");
    assert.deepEqual(errors, []);
  });
});

await check("oidc-provider: cancelled there", async () => {
  await withProvider({}, async (issuer) => {
    const ground = await pool(issuer);
    const browser = new Browser();
    const url = oidc.buildAuthorizationUrl(ground.config, {
      redirect_uri: CALLBACK,
      scope: "openid",
      state: "s",
      identity_provider: "Work",
    });
    const page = await browser.open(url);
    const cancel = /href="([^"]*abort[^"]*)"/.exec(page.html)[1];
    const { url: back } = await browser.open(new URL(cancel, page.url));
    assert.equal(back.searchParams.get("error"), "access_denied");
    assert.equal(back.searchParams.get("state"), "s");
  });
});
