// amazon-cognito-identity-js, aws-amplify and the AWS SDK for JavaScript judge the sandbox.
// The sandbox is started by scripts/test-clients, which passes its ready line in the environment.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";

import { CognitoIdentityClient, GetIdCommand } from "@aws-sdk/client-cognito-identity";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} from "amazon-cognito-identity-js";
import { Amplify } from "aws-amplify";
import {
  confirmSignIn,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  signIn,
  signOut,
} from "aws-amplify/auth";

// Node 18, which Debian 12 ships, has it but does not show it.
globalThis.crypto ??= webcrypto;

const sandbox = JSON.parse(process.env.SANDBOX);
let count = 0;
let failures = 0;

async function check(title, run) {
  count += 1;
  const start = performance.now();
  try {
    await run();
    console.log(`ok    node: ${title}  (${((performance.now() - start) / 1000).toFixed(2)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  node: ${title}`);
    console.log(error);
  }
}

async function control(method, path, body) {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: { "X-Sandbox-Control": sandbox.control_token },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const seed = (request = {}) => control("POST", "seed", request);

const WRONG = { name: "NotAuthorizedException", message: "Incorrect username or password." };

// amazon-cognito-identity-js

/** A storage of its own for each user, as two browsers would have. */
function storage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
    clear: () => items.clear(),
  };
}

function userPool(chain) {
  return new CognitoUserPool({
    UserPoolId: chain.user_pool_id,
    ClientId: chain.client_id,
    endpoint: sandbox.url,
    Storage: storage(),
  });
}

function browser(chain, username = chain.username) {
  const pool = userPool(chain);
  return new CognitoUser({ Username: username, Pool: pool, Storage: pool.storage });
}

const call = (run) =>
  new Promise((resolve, reject) =>
    run((error, result) => (error ? reject(error) : resolve(result))),
  );

const events = (run) =>
  new Promise((resolve, reject) => run({ onSuccess: resolve, onFailure: reject }));

function authenticate(user, chain, password = chain.password) {
  const details = new AuthenticationDetails({
    Username: user.getUsername(),
    Password: password,
  });
  return new Promise((resolve, reject) =>
    user.authenticateUser(details, {
      onSuccess: resolve,
      onFailure: reject,
      newPasswordRequired: (attributes, required) =>
        resolve({ newPassword: { attributes, required } }),
    }),
  );
}

await check("identity-js: SRP, right and wrong password, a stranger", async () => {
  const chain = await seed();
  const session = await authenticate(browser(chain), chain);
  assert.equal(session.getIdToken().payload["cognito:username"], "alice");
  assert.ok(session.isValid());
  await assert.rejects(authenticate(browser(chain), chain, "wrong"), WRONG);
  await assert.rejects(authenticate(browser(chain, "nobody"), chain), WRONG);
});

await check("identity-js: SRP thirty times", async () => {
  const chain = await seed({ user: { password: " Pässword: 1 " } });
  for (let i = 0; i < 30; i += 1) await authenticate(browser(chain), chain);
});

await check("identity-js: USER_PASSWORD_AUTH, right and wrong password", async () => {
  const chain = await seed();
  const plain = () => {
    const user = browser(chain);
    user.setAuthenticationFlowType("USER_PASSWORD_AUTH");
    return user;
  };
  await authenticate(plain(), chain);
  await assert.rejects(authenticate(plain(), chain, "wrong"), WRONG);
});

await check("identity-js: a new password is required", async () => {
  const chain = await seed({ user: { temporary: true } });
  const user = browser(chain);
  const { newPassword } = await authenticate(user, chain);
  assert.equal(newPassword.attributes.email, "alice@example.com");
  assert.deepEqual(newPassword.required, []);
  const complete = (password) =>
    events((callbacks) => user.completeNewPasswordChallenge(password, {}, callbacks));
  await assert.rejects(complete("short"), { name: "InvalidPasswordException" });
  const session = await complete("Brand-New-1");
  assert.ok(session.isValid());
  await assert.rejects(authenticate(browser(chain), chain), WRONG);
  await authenticate(browser(chain), chain, "Brand-New-1");
});

await check("identity-js: refresh, attributes, new password, sign out everywhere", async () => {
  const chain = await seed();
  const user = browser(chain);
  const session = await authenticate(user, chain);
  const fresh = await call((done) => user.refreshSession(session.getRefreshToken(), done));
  assert.notEqual(fresh.getIdToken().getJwtToken(), session.getIdToken().getJwtToken());
  const attributes = await call((done) => user.getUserAttributes(done));
  assert.ok(attributes.some((a) => a.getName() === "email" && a.getValue() === "alice@example.com"));
  await assert.rejects(
    call((done) => user.changePassword("wrong", "Brand-New-1", done)),
    WRONG,
  );
  await call((done) => user.changePassword(chain.password, "Brand-New-1", done));
  await events((callbacks) => user.globalSignOut(callbacks));
  const again = browser(chain);
  await assert.rejects(
    call((done) => again.refreshSession(session.getRefreshToken(), done)),
    { name: "NotAuthorizedException", message: "Refresh Token has been revoked" },
  );
});

await check("identity-js: sign-out revokes", async () => {
  const chain = await seed();
  const user = browser(chain);
  const session = await authenticate(user, chain);
  await new Promise((resolve) => user.signOut(resolve));
  await assert.rejects(
    call((done) => browser(chain).refreshSession(session.getRefreshToken(), done)),
    { message: "Refresh Token has been revoked" },
  );
});

await check("identity-js: sign up, confirm, sign in", async () => {
  const chain = await seed();
  const email = new CognitoUserAttribute({ Name: "email", Value: "heidi@example.com" });
  const password = "Heidis-Passw0rd";
  await call((done) => userPool(chain).signUp("heidi", password, [email], null, done));
  const user = browser(chain, "heidi");
  await assert.rejects(authenticate(user, chain, password), { name: "UserNotConfirmedException" });
  const { messages } = await control("GET", "outbox");
  const { code } = messages.findLast((message) => message.username === "heidi");
  const other = String((Number(code) + 1) % 1e6).padStart(6, "0");
  await assert.rejects(call((done) => user.confirmRegistration(other, false, done)), {
    name: "CodeMismatchException",
  });
  await call((done) => user.confirmRegistration(code, false, done));
  await authenticate(user, chain, password);
});

// aws-amplify

function configure(chain) {
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: chain.user_pool_id,
        userPoolClientId: chain.client_id,
        identityPoolId: chain.identity_pool_id,
        userPoolEndpoint: sandbox.url,
        identityPoolEndpoint: sandbox.url,
        allowGuestAccess: false,
      },
    },
  });
}

/** Amplify takes the provider's name from the token's issuer. */
async function whoAmI() {
  const { credentials } = await fetchAuthSession();
  const sts = new STSClient({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: { ...credentials, expiration: undefined },
  });
  return sts.send(new GetCallerIdentityCommand({}));
}

await check("amplify: SRP, right and wrong password", async () => {
  const chain = await seed();
  configure(chain);
  const { username, password } = chain;
  await assert.rejects(signIn({ username, password: "wrong" }), WRONG);
  const { isSignedIn } = await signIn({ username, password });
  assert.ok(isSignedIn);
  assert.equal((await getCurrentUser()).userId, chain.sub);
  assert.equal((await fetchUserAttributes()).email, "alice@example.com");
  await signOut();
});

await check("amplify: USER_PASSWORD_AUTH, right and wrong password", async () => {
  const chain = await seed();
  configure(chain);
  const { username, password } = chain;
  const options = { authFlowType: "USER_PASSWORD_AUTH" };
  await assert.rejects(signIn({ username, password: "wrong", options }), WRONG);
  assert.ok((await signIn({ username, password, options })).isSignedIn);
  await signOut();
});

await check("amplify: a new password is required", async () => {
  const chain = await seed({ user: { temporary: true } });
  configure(chain);
  const { nextStep } = await signIn({ username: chain.username, password: chain.password });
  assert.equal(nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED");
  const { isSignedIn } = await confirmSignIn({ challengeResponse: "Brand-New-1" });
  assert.ok(isSignedIn);
  await signOut();
});

await check("amplify: keys from the identity pool, good for STS", async () => {
  const chain = await seed();
  configure(chain);
  await signIn({ username: chain.username, password: chain.password });
  const { Arn } = await whoAmI();
  assert.equal(
    Arn,
    `arn:aws:sts::${sandbox.account}:assumed-role/Developer/CognitoIdentityCredentials`,
  );
  await signOut();
});

for (const grace of [undefined, 0, 60]) {
  await check(`amplify: refresh, rotation grace ${grace}`, async () => {
    const chain = await seed({ client: { rotation_grace_seconds: grace ?? null } });
    configure(chain);
    await signIn({ username: chain.username, password: chain.password });
    const first = await fetchAuthSession();
    for (let i = 0; i < 3; i += 1) {
      const next = await fetchAuthSession({ forceRefresh: true });
      assert.notEqual(next.tokens.idToken.toString(), first.tokens.idToken.toString());
    }
    await signOut();
  });
}

await check("amplify: a revoked session is refused and forgotten", async () => {
  const chain = await seed();
  configure(chain);
  await signIn({ username: chain.username, password: chain.password });
  await control("POST", "revoke-all");
  const session = await fetchAuthSession({ forceRefresh: true }).catch((error) => error);
  assert.ok(session instanceof Error || session.tokens === undefined, "still signed in");
  await assert.rejects(getCurrentUser());
});

await check("amplify: sign out everywhere", async () => {
  const chain = await seed();
  configure(chain);
  await signIn({ username: chain.username, password: chain.password });
  await signOut({ global: true });
  await assert.rejects(getCurrentUser());
  const { counts } = await control("GET", "calls");
  assert.ok(counts.GlobalSignOut >= 1);
});

// AWS SDK for JavaScript

await check("sdk: errors have their names", async () => {
  const chain = await seed();
  const client = new CognitoIdentityClient({ endpoint: sandbox.url, region: sandbox.region });
  const send = (input) => client.send(new GetIdCommand(input));
  await assert.rejects(send({ IdentityPoolId: chain.identity_pool_id }), {
    name: "NotAuthorizedException",
  });
  await assert.rejects(send({ IdentityPoolId: "us-east-1:0" }), {
    name: "ResourceNotFoundException",
  });
  const credentials = { accessKeyId: "ASIANONE", secretAccessKey: "x", sessionToken: "y" };
  const sts = new STSClient({ endpoint: sandbox.url, region: sandbox.region, credentials });
  await assert.rejects(sts.send(new GetCallerIdentityCommand({})), {
    name: "InvalidClientTokenId",
  });
});

console.log(`node: ${count - failures} of ${count} checks passed`);
process.exit(failures ? 1 : 0);
