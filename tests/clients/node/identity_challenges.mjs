// amazon-cognito-identity-js is asked for more than a password.

import assert from "node:assert/strict";

import { AuthenticationDetails, CognitoUserAttribute } from "amazon-cognito-identity-js";

import { another, at, check, codeFor, messageFor, newKey, seed, totp, WRONG } from "./bench.mjs";
import {
  associate,
  authenticate,
  begin,
  browser,
  call,
  events,
  step,
  userPool,
} from "./identity.mjs";

const APP = "SOFTWARE_TOKEN_MFA";
const MISMATCH = { name: "CodeMismatchException" };

await check("identity-js: SRP, then an authenticator app's code, wrong and right", async () => {
  const key = newKey();
  const chain = await seed({
    pool: { mfa: "ON", factors: [APP] },
    user: { totp_key: key, factors: [APP] },
  });
  const user = browser(chain);
  assert.equal((await begin(user, chain)).asked, APP);
  const send = (code) => step((callbacks) => user.sendMFACode(code, callbacks, APP));
  await assert.rejects(send(another(totp(key))), MISMATCH);
  const { session } = await send(totp(key));
  assert.equal(session.getIdToken().payload["cognito:username"], "alice");
});

await check("identity-js: SRP, then a code by SMS, wrong and right", async () => {
  const chain = await seed({
    pool: { mfa: "ON", factors: ["SMS_MFA"] },
    user: { phone: "+15550123", factors: ["SMS_MFA"] },
  });
  const user = browser(chain);
  const { asked, parameters } = await begin(user, chain);
  assert.equal(asked, "SMS_MFA");
  assert.equal(parameters.CODE_DELIVERY_DELIVERY_MEDIUM, "SMS");
  assert.match(parameters.CODE_DELIVERY_DESTINATION, /^\+?\*+\d{2,4}$/);
  const code = await codeFor("alice");
  const send = (text) => step((callbacks) => user.sendMFACode(text, callbacks));
  await assert.rejects(send(another(code)), MISMATCH);
  assert.ok((await send(code)).session.isValid());
});

await check("identity-js: SELECT_MFA_TYPE, both ways", async () => {
  const key = newKey();
  const chain = await seed({
    pool: { mfa: "ON", factors: [APP, "SMS_MFA"] },
    user: { totp_key: key, phone: "+15550123", factors: [APP, "SMS_MFA"] },
  });
  for (const type of [APP, "SMS_MFA"]) {
    const user = browser(chain);
    const { asked, parameters } = await begin(user, chain);
    assert.equal(asked, "SELECT_MFA_TYPE");
    assert.deepEqual(JSON.parse(parameters.MFAS_CAN_CHOOSE).sort(), ["SMS_MFA", APP]);
    const chosen = await step((callbacks) => user.sendMFASelectionAnswer(type, callbacks));
    assert.equal(chosen.asked, type);
    const code = type === APP ? totp(key) : await codeFor("alice");
    const done = await step((callbacks) => user.sendMFACode(code, callbacks, type));
    assert.ok(done.session.isValid());
  }
});

await check("identity-js: MFA_SETUP: an app learns a key, and is asked from then on", async () => {
  const chain = await seed({ pool: { mfa: "ON", factors: [APP] } });
  const user = browser(chain);
  const { asked, parameters } = await begin(user, chain);
  assert.equal(asked, "MFA_SETUP");
  assert.deepEqual(JSON.parse(parameters.MFAS_CAN_SETUP), [APP]);
  const key = await associate(user);
  const { session } = await step((callbacks) =>
    user.verifySoftwareToken(totp(key), "phone", callbacks),
  );
  assert.ok(session.isValid());
  const again = browser(chain);
  const next = await begin(again, chain);
  assert.equal(next.asked, APP);
  assert.equal(next.parameters.FRIENDLY_DEVICE_NAME, "phone");
  const done = await at(30, () =>
    step((callbacks) => again.sendMFACode(totp(key, 30), callbacks, APP)),
  );
  assert.ok(done.session.isValid());
});

await check("identity-js: MFA_SETUP with a wrong code", async () => {
  const chain = await seed({ pool: { mfa: "ON", factors: [APP] } });
  const user = browser(chain);
  await begin(user, chain);
  const key = await associate(user);
  await assert.rejects(
    step((callbacks) => user.verifySoftwareToken(another(totp(key)), "phone", callbacks)),
    { name: "EnableSoftwareTokenMFAException" },
  );
});

await check("identity-js: signed in, an app is set up and preferred", async () => {
  const chain = await seed({ pool: { mfa: "OPTIONAL", factors: [APP] } });
  const user = browser(chain);
  await authenticate(user, chain);
  const key = await associate(user);
  await events((callbacks) => user.verifySoftwareToken(totp(key), "phone", callbacks));
  const on = { PreferredMfa: true, Enabled: true };
  await call((done) => user.setUserMfaPreference(null, on, done));
  const data = await call((done) => user.getUserData(done, { bypassCache: true }));
  assert.equal(data.PreferredMfaSetting, APP);
  assert.deepEqual(data.UserMFASettingList, [APP]);
  assert.equal((await begin(browser(chain), chain)).asked, APP);
});

await check("identity-js: a new password with attributes that the pool requires", async () => {
  const chain = await seed({
    pool: { aws: { Schema: [{ Name: "given_name", Required: true }] } },
    user: { temporary: true },
  });
  const user = browser(chain);
  const { asked, required } = await begin(user, chain);
  assert.equal(asked, "NEW_PASSWORD_REQUIRED");
  assert.deepEqual(required, ["given_name"]);
  const complete = (attributes) =>
    step((callbacks) => user.completeNewPasswordChallenge("Brand-New-1", attributes, callbacks));
  await assert.rejects(complete({}), { name: "InvalidParameterException" });
  assert.ok((await complete({ given_name: "Alice" })).session.isValid());
  const attributes = await call((done) => user.getUserAttributes(done));
  assert.ok(attributes.some((a) => a.getName() === "given_name" && a.getValue() === "Alice"));
});

await check("identity-js: a new password, then an authenticator app's code", async () => {
  const key = newKey();
  const chain = await seed({
    pool: { mfa: "ON", factors: [APP] },
    user: { temporary: true, totp_key: key, factors: [APP] },
  });
  const user = browser(chain);
  assert.equal((await begin(user, chain)).asked, "NEW_PASSWORD_REQUIRED");
  const next = await step((callbacks) =>
    user.completeNewPasswordChallenge("Brand-New-1", {}, callbacks),
  );
  assert.equal(next.asked, APP);
  const done = await step((callbacks) => user.sendMFACode(totp(key), callbacks, APP));
  assert.ok(done.session.isValid());
});

const ROUNDS = [
  { parameters: { question: "The colour of the house?" }, answer: "green" },
  { parameters: { question: "How many windows?" }, answer: "seven" },
];
const CUSTOM = { flows: ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] };

for (const srp of [false, true]) {
  await check(`identity-js: custom challenges ${srp ? "after SRP" : "alone"}`, async () => {
    const chain = await seed({ pool: { custom: ROUNDS }, client: CUSTOM });
    const user = browser(chain);
    user.setAuthenticationFlowType("CUSTOM_AUTH");
    const details = (password) =>
      new AuthenticationDetails({ Username: chain.username, Password: password });
    const first = (password = chain.password) =>
      step((callbacks) =>
        srp
          ? user.authenticateUser(details(password), callbacks)
          : user.initiateAuth(details(), callbacks),
      );
    if (srp) await assert.rejects(first("wrong"), WRONG);
    const asked = await first();
    assert.equal(asked.parameters.question, "The colour of the house?");
    const answer = (text) =>
      step((callbacks) => user.sendCustomChallengeAnswer(text, callbacks));
    assert.equal((await answer("green")).parameters.question, "How many windows?");
    assert.ok((await answer("seven")).session.isValid());
  });
}

await check("identity-js: sign-up, and another code for it", async () => {
  const chain = await seed({ pool: { aws: { AutoVerifiedAttributes: ["email"] } } });
  const email = new CognitoUserAttribute({ Name: "email", Value: "judy@example.com" });
  const pool = userPool(chain);
  const signUp = (password) => call((done) => pool.signUp("judy", password, [email], null, done));
  await assert.rejects(signUp("short"), { name: "InvalidPasswordException" });
  const made = await signUp("Judys-Passw0rd");
  assert.equal(made.userConfirmed, false);
  assert.match(made.codeDeliveryDetails.Destination, /^j\*+@.*\*/);
  await assert.rejects(signUp("Judys-Passw0rd"), { name: "UsernameExistsException" });
  const user = browser(chain, "judy");
  const details = await call((done) => user.resendConfirmationCode(done));
  assert.equal(details.CodeDeliveryDetails.AttributeName, "email");
  assert.equal((await messageFor("judy")).purpose, "resend");
  const code = await codeFor("judy");
  await call((done) => user.confirmRegistration(code, false, done));
  await authenticate(user, chain, "Judys-Passw0rd");
});

await check("identity-js: a forgotten password", async () => {
  const chain = await seed();
  const user = browser(chain);
  const sent = await new Promise((resolve, reject) =>
    user.forgotPassword({ inputVerificationCode: resolve, onFailure: reject }),
  );
  assert.equal(sent.CodeDeliveryDetails.DeliveryMedium, "EMAIL");
  const code = await codeFor("alice");
  const confirm = (text, password = "Brand-New-1") =>
    events((callbacks) => user.confirmPassword(text, password, callbacks));
  await assert.rejects(confirm(another(code)), MISMATCH);
  await assert.rejects(confirm(code, "short"), { name: "InvalidPasswordException" });
  await confirm(code);
  await assert.rejects(authenticate(browser(chain), chain), WRONG);
  await authenticate(user, chain, "Brand-New-1");
});

await check("identity-js: an attribute is verified by a code", async () => {
  const chain = await seed();
  const user = browser(chain);
  await authenticate(user, chain);
  await new Promise((resolve, reject) =>
    user.getAttributeVerificationCode("email", {
      inputVerificationCode: resolve,
      onFailure: reject,
    }),
  );
  const code = await codeFor("alice");
  const verify = (text) => events((callbacks) => user.verifyAttribute("email", text, callbacks));
  await assert.rejects(verify(another(code)), MISMATCH);
  await verify(code);
});
