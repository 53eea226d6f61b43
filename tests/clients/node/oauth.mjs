// openid-client signs in by browser: at a user pool, and at a provider that the sandbox plays.

import assert from "node:assert/strict";

import * as oidc from "openid-client";

import { check } from "./bench.mjs";
import { Browser, CALLBACK, SIGNED_OUT, seedBrowser } from "./browser.mjs";

const INSECURE = { execute: [oidc.allowInsecureRequests] };

/** Discovery at the issuer, as every OpenID Connect client does it. */
const discover = (issuer, id, ...rest) => oidc.discovery(new URL(issuer), id, ...rest);

const ofPool = (chain, authentication) =>
  discover(chain.issuer, chain.client_id, chain.client_secret, authentication, INSECURE);

/** Code + PKCE with state and nonce; `walk` leads the browser to the callback URL. */
async function signIn(config, walk, parameters = {}, redirect_uri = CALLBACK) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid email profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  const { url: back } = await walk(url);
  const exchange = (more = {}) =>
    oidc.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true, ...more });
  return { back, exchange };
}

const invalid = (error, status = 400) => ({ name: "ResponseBodyError", error, status });

await check("openid-client: code + PKCE, nonce and at_hash, userInfo, refresh, revocation", async () => {
  const chain = await seedBrowser();
  const config = await ofPool(chain);
  oidc.enableNonRepudiationChecks(config);
  const browser = new Browser();
  const { exchange } = await signIn(config, (url) => browser.signIn(url, chain));
  const tokens = await exchange();
  const claims = tokens.claims();
  assert.equal(claims.sub, chain.sub);
  assert.equal(claims.email, "alice@example.com");
  assert.ok(claims.at_hash);
  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.username, "alice");
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(fresh.claims().sub, chain.sub);
  assert.equal(fresh.refresh_token, undefined);
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), invalid("invalid_grant"));
  await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, claims.sub));
  await assert.rejects(exchange(), invalid("invalid_grant"));
});

await check("openid-client: a wrong verifier, state or nonce", async () => {
  const chain = await seedBrowser();
  const config = await ofPool(chain);
  const go = () => signIn(config, (url) => new Browser().signIn(url, chain));
  const wrong = oidc.randomPKCECodeVerifier();
  let { exchange } = await go();
  await assert.rejects(exchange({ pkceCodeVerifier: wrong }), invalid("invalid_grant"));
  ({ exchange } = await go());
  await assert.rejects(exchange({ expectedState: "other" }), { name: "ClientError" });
  ({ exchange } = await go());
  await assert.rejects(exchange({ expectedNonce: "other" }), { name: "ClientError" });
});

for (const [name, authentication] of [
  ["client_secret_basic", oidc.ClientSecretBasic],
  ["client_secret_post", oidc.ClientSecretPost],
]) {
  await check(`openid-client: ${name}, right and wrong, with rotation`, async () => {
    const chain = await seedBrowser({ client: { secret: true, rotation_grace_seconds: 0 } });
    const config = await ofPool(chain, authentication(chain.client_secret));
    const { exchange } = await signIn(config, (url) => new Browser().signIn(url, chain));
    const tokens = await exchange();
    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(next.refresh_token, tokens.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), invalid("invalid_grant"));
    await oidc.refreshTokenGrant(config, next.refresh_token);
    const thief = await ofPool(chain, authentication("wrong"));
    await assert.rejects(oidc.refreshTokenGrant(thief, next.refresh_token), invalid("invalid_client"));
  });
}

await check("openid-client: silent, prompt=login, prompt=none, and the end of the session", async () => {
  const chain = await seedBrowser();
  const config = await ofPool(chain);
  const browser = new Browser();
  const open = (url) => browser.open(url);
  const none = { prompt: "none" };
  let { exchange } = await signIn(config, open, none);
  await assert.rejects(exchange(), { name: "AuthorizationResponseError", error: "login_required" });
  await signIn(config, (url) => browser.signIn(url, chain));
  ({ exchange } = await signIn(config, open, none));
  assert.equal((await exchange()).claims().sub, chain.sub);
  const asked = await signIn(config, open, { prompt: "login" });
  assert.match(asked.back.pathname, /\/login$/);
  const end = new URL(config.serverMetadata().end_session_endpoint);
  end.search = new URLSearchParams({ client_id: chain.client_id, logout_uri: SIGNED_OUT });
  assert.equal((await browser.open(end)).url.href, SIGNED_OUT);
  ({ exchange } = await signIn(config, open, none));
  await assert.rejects(exchange(), { error: "login_required" });
});

await check("openid-client: errors that the app is told, and one that it is not", async () => {
  const chain = await seedBrowser({ client: { scopes: ["openid"] } });
  const config = await ofPool(chain);
  const open = (url) => new Browser().open(url);
  const { exchange } = await signIn(config, open, { scope: "openid phone" });
  await assert.rejects(exchange(), { name: "AuthorizationResponseError", error: "invalid_scope" });
  const astray = await signIn(config, open, { scope: "openid" }, "http://localhost:8401/callback");
  assert.match(astray.back.href, /\/error\?error=redirect_mismatch&client_id=/);
});

await check("openid-client: a pool's domain", async () => {
  const domain = `people-${Date.now()}`;
  const chain = await seedBrowser({ pool: { domain } });
  const config = await ofPool(chain);
  assert.ok(config.serverMetadata().token_endpoint.endsWith(`/_domain/${domain}/oauth2/token`));
  const { exchange } = await signIn(config, (url) => new Browser().signIn(url, chain));
  assert.equal((await exchange()).claims().sub, chain.sub);
});

await check("openid-client: a provider that the sandbox plays, as a public client on any port", async () => {
  const { idp } = await seedBrowser({ idp: { name: "Desk" } });
  const config = await discover(idp.issuer, idp.client_id, undefined, oidc.None(), INSECURE);
  const browser = new Browser();
  const walk = async (url) => {
    const page = await browser.open(url);
    if (!page.html) return page;
    // Ports of loopback addresses are free, so the last redirect is not followed.
    return browser.submit(page, { subject: "ann" }).catch(() => page);
  };
  const scope = { scope: "openid email offline_access" };
  const { exchange } = await signIn(config, walk, scope);
  const tokens = await exchange();
  assert.equal(tokens.claims().email, "ann@example.com");
  const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(next.claims().sub, "ann");
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), invalid("invalid_grant"));
  await assert.rejects(oidc.refreshTokenGrant(config, next.refresh_token), invalid("invalid_grant"));
  const again = await (await signIn(config, walk, scope)).exchange();
  assert.equal((await oidc.fetchUserInfo(config, again.access_token, "ann")).email, "ann@example.com");
  await oidc.tokenRevocation(config, again.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, again.refresh_token), invalid("invalid_grant"));
});
