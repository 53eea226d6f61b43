// amazon-cognito-identity-js signs in, refreshes and signs out.

import assert from "node:assert/strict";

import { CognitoUserAttribute } from "amazon-cognito-identity-js";

import { another, check, codeFor, seed, WRONG } from "./bench.mjs";
import { authenticate, browser, call, events, userPool } from "./identity.mjs";

await check("identity-js: SRP, right and wrong password, a stranger", async () => {
  const chain = await seed();
  const session = await authenticate(browser(chain), chain);
  assert.equal(session.getIdToken().payload["cognito:username"], "alice");
  assert.ok(session.isValid());
  await assert.rejects(authenticate(browser(chain), chain, "wrong"), WRONG);
  await assert.rejects(authenticate(browser(chain, "nobody"), chain), WRONG);
});

await check("identity-js: SRP thirty times", async () => {
  const chain = await seed({ user: { password: "Päss word: 1" } });
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
  const code = await codeFor("heidi");
  await assert.rejects(call((done) => user.confirmRegistration(another(code), false, done)), {
    name: "CodeMismatchException",
  });
  await call((done) => user.confirmRegistration(code, false, done));
  await authenticate(user, chain, password);
});
