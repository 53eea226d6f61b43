// aws-amplify is asked for more than a password, and remembers devices.

import assert from "node:assert/strict";

import {
  AdminConfirmSignUpCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import {
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  confirmUserAttribute,
  fetchAuthSession,
  fetchDevices,
  fetchMFAPreference,
  forgetDevice,
  rememberDevice,
  resendSignUpCode,
  resetPassword,
  sendUserAttributeVerificationCode,
  setUpTOTP,
  signIn,
  signOut,
  signUp,
  updateMFAPreference,
  updatePassword,
  verifyTOTPSetup,
} from "aws-amplify/auth";

import { configure } from "./amplify.mjs";
import { another, at, check, codeFor, newKey, sandbox, seed, totp, WRONG } from "./bench.mjs";

const APP = "SOFTWARE_TOKEN_MFA";
const MISMATCH = { name: "CodeMismatchException" };

/** A chain that Amplify is set to, with nobody signed in, whatever became of the check before. */
async function chainOf(request) {
  const chain = await seed(request);
  configure(chain);
  await signOut();
  return chain;
}

const begin = async ({ username, password }, options) =>
  (await signIn({ username, password, options })).nextStep;

const answer = async (challengeResponse, options) =>
  (await confirmSignIn({ challengeResponse, options })).nextStep;

await check("amplify: an authenticator app's code, wrong and right", async () => {
  const key = newKey();
  const chain = await chainOf({
    pool: { mfa: "ON", factors: [APP] },
    user: { totp_key: key, factors: [APP] },
  });
  assert.equal((await begin(chain)).signInStep, "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await assert.rejects(answer(another(totp(key))), MISMATCH);
  assert.equal((await answer(totp(key))).signInStep, "DONE");
  await signOut();
});

await check("amplify: a code by e-mail as second factor", async () => {
  const chain = await chainOf({
    pool: { mfa: "ON", factors: ["EMAIL_OTP"] },
    user: { factors: ["EMAIL_OTP"] },
  });
  const step = await begin(chain);
  assert.equal(step.signInStep, "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  assert.equal(step.codeDeliveryDetails.deliveryMedium, "EMAIL");
  const code = await codeFor("alice");
  await assert.rejects(answer(another(code)), MISMATCH);
  assert.equal((await answer(code)).signInStep, "DONE");
  await signOut();
});

await check("amplify: SELECT_MFA_TYPE among three", async () => {
  const key = newKey();
  const factors = [APP, "SMS_MFA", "EMAIL_OTP"];
  const chain = await chainOf({
    pool: { mfa: "ON", factors },
    user: { totp_key: key, phone: "+15550123", factors },
  });
  for (const [type, step] of [
    ["TOTP", "CONFIRM_SIGN_IN_WITH_TOTP_CODE"],
    ["SMS", "CONFIRM_SIGN_IN_WITH_SMS_CODE"],
    ["EMAIL", "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"],
  ]) {
    const choice = await begin(chain);
    assert.equal(choice.signInStep, "CONTINUE_SIGN_IN_WITH_MFA_SELECTION");
    assert.deepEqual([...choice.allowedMFATypes].sort(), ["EMAIL", "SMS", "TOTP"]);
    assert.equal((await answer(type)).signInStep, step);
    const code = type === "TOTP" ? totp(key) : await codeFor("alice");
    assert.equal((await answer(code)).signInStep, "DONE");
    await signOut();
  }
});

await check("amplify: MFA_SETUP of an authenticator app, after a new password", async () => {
  const chain = await chainOf({
    pool: { mfa: "ON", factors: [APP] },
    user: { temporary: true },
  });
  const step = await begin(chain);
  assert.equal(step.signInStep, "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED");
  const setup = await answer("Brand-New-1");
  assert.equal(setup.signInStep, "CONTINUE_SIGN_IN_WITH_TOTP_SETUP");
  const { sharedSecret } = setup.totpSetupDetails;
  const named = { friendlyDeviceName: "phone" };
  await assert.rejects(answer(another(totp(sharedSecret)), named), {
    name: "EnableSoftwareTokenMFAException",
  });
  assert.equal((await answer(totp(sharedSecret), named)).signInStep, "DONE");
  assert.equal((await fetchMFAPreference()).enabled[0], "TOTP");
  await signOut();
});

await check("amplify: MFA_SETUP of an e-mail address", async () => {
  const chain = await chainOf({ pool: { mfa: "ON", factors: [APP, "EMAIL_OTP"] } });
  const otto = { username: "otto", password: "Ottos-Passw0rd" };
  await signUp(otto);
  const { admin_key: accessKeyId, admin_secret: secretAccessKey } = sandbox;
  const admin = new CognitoIdentityProviderClient({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: { accessKeyId, secretAccessKey },
  });
  await admin.send(
    new AdminConfirmSignUpCommand({ UserPoolId: chain.user_pool_id, Username: otto.username }),
  );
  const choice = await begin(otto);
  assert.equal(choice.signInStep, "CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION");
  assert.deepEqual([...choice.allowedMFATypes].sort(), ["EMAIL", "TOTP"]);
  assert.equal((await answer("EMAIL")).signInStep, "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP");
  const step = await answer("otto@other.example");
  assert.equal(step.signInStep, "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  assert.equal((await answer(await codeFor("otto"))).signInStep, "DONE");
  await signOut();
});

await check("amplify: signed in, an app is set up and preferred", async () => {
  const chain = await chainOf({ pool: { mfa: "OPTIONAL", factors: [APP, "EMAIL_OTP"] } });
  await begin(chain);
  const { sharedSecret } = await setUpTOTP();
  await assert.rejects(verifyTOTPSetup({ code: another(totp(sharedSecret)) }), {
    name: "EnableSoftwareTokenMFAException",
  });
  await verifyTOTPSetup({ code: totp(sharedSecret) });
  await updateMFAPreference({ totp: "PREFERRED", email: "ENABLED" });
  const preference = await fetchMFAPreference();
  assert.equal(preference.preferred, "TOTP");
  assert.deepEqual([...preference.enabled].sort(), ["EMAIL", "TOTP"]);
  await signOut();
  assert.equal((await begin(chain)).signInStep, "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
});

const WAYS = { first_factors: ["PASSWORD", "EMAIL_OTP", "SMS_OTP"] };
const CHOOSES = { flows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] };

await check("amplify: USER_AUTH: chosen among all, and by preference", async () => {
  const chain = await chainOf({
    pool: WAYS,
    client: CHOOSES,
    user: { phone: "+15550123" },
  });
  const { username, password } = chain;
  const first = async (preferredChallenge, more = {}) =>
    (
      await signIn({
        username,
        ...more,
        options: { authFlowType: "USER_AUTH", preferredChallenge },
      })
    ).nextStep;
  const choice = await first();
  assert.equal(choice.signInStep, "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  assert.ok(choice.availableChallenges.includes("EMAIL_OTP"));
  assert.equal((await answer("EMAIL_OTP")).signInStep, "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  const code = await codeFor("alice");
  await assert.rejects(answer(another(code)), MISMATCH);
  assert.equal((await answer(code)).signInStep, "DONE");
  await signOut();

  assert.equal((await first("SMS_OTP")).signInStep, "CONFIRM_SIGN_IN_WITH_SMS_CODE");
  assert.equal((await answer(await codeFor("alice"))).signInStep, "DONE");
  await signOut();

  for (const way of ["PASSWORD", "PASSWORD_SRP"]) {
    await first();
    assert.equal((await answer(way)).signInStep, "CONFIRM_SIGN_IN_WITH_PASSWORD");
    assert.equal((await answer(password)).signInStep, "DONE");
    await signOut();
    await assert.rejects(first(way, { password: "wrong" }), WRONG);
    assert.equal((await first(way, { password })).signInStep, "DONE");
    await signOut();
  }
});

const CUSTOM = ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
const ROUNDS = [{ parameters: { question: "The colour of the house?" }, answer: "green" }];

for (const authFlowType of ["CUSTOM_WITHOUT_SRP", "CUSTOM_WITH_SRP"]) {
  await check(`amplify: ${authFlowType}`, async () => {
    const chain = await chainOf({
      pool: { custom: ROUNDS },
      client: { flows: CUSTOM },
    });
    const password = authFlowType === "CUSTOM_WITH_SRP" ? chain.password : undefined;
    const step = await begin({ ...chain, password }, { authFlowType });
    assert.equal(step.signInStep, "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE");
    assert.equal(step.additionalInfo.question, "The colour of the house?");
    assert.equal((await answer("green")).signInStep, "DONE");
    await signOut();
  });
}

await check("amplify: a device stands in for the code, until it is forgotten", async () => {
  for (const devices of ["always", "ask"]) {
    const key = newKey();
    const chain = await chainOf({
      pool: { mfa: "ON", factors: [APP], devices },
      client: { rotation_grace_seconds: 0 },
      user: { totp_key: key, factors: [APP] },
    });
    await begin(chain);
    assert.equal((await answer(totp(key))).signInStep, "DONE");
    if (devices === "ask") await rememberDevice();
    const [device] = await fetchDevices();
    assert.ok(device.id);
    for (let i = 0; i < 2; i += 1) {
      const { tokens } = await fetchAuthSession({ forceRefresh: true });
      assert.ok(tokens?.accessToken, "not refreshed");
    }
    await signOut();
    assert.equal((await begin(chain)).signInStep, "DONE", devices);
    await forgetDevice();
    assert.deepEqual(await fetchDevices(), []);
    await signOut();
    assert.equal((await begin(chain)).signInStep, "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
    const code = totp(key, 30);
    assert.equal((await at(30, () => answer(code))).signInStep, "DONE");
    await signOut();
  }
});

await check("amplify: sign-up, another code, the first sign-in", async () => {
  const chain = await chainOf({ pool: { aws: { AutoVerifiedAttributes: ["email"] } } });
  const username = "mike";
  const password = "Mikes-Passw0rd";
  const userAttributes = { email: "mike@example.com" };
  const { nextStep } = await signUp({ username, password, options: { userAttributes } });
  assert.equal(nextStep.signUpStep, "CONFIRM_SIGN_UP");
  assert.equal(nextStep.codeDeliveryDetails.attributeName, "email");
  assert.equal((await begin({ username, password })).signInStep, "CONFIRM_SIGN_UP");
  await resendSignUpCode({ username });
  const code = await codeFor(username);
  await assert.rejects(confirmSignUp({ username, confirmationCode: another(code) }), MISMATCH);
  const done = await confirmSignUp({ username, confirmationCode: code });
  assert.ok(done.isSignUpComplete);
  assert.equal((await begin({ username, password })).signInStep, "DONE");
  await sendUserAttributeVerificationCode({ userAttributeKey: "email" });
  await confirmUserAttribute({
    userAttributeKey: "email",
    confirmationCode: await codeFor(username),
  });
  await updatePassword({ oldPassword: password, newPassword: "Brand-New-1" });
  await signOut();
  await assert.rejects(begin({ username, password }), WRONG);
});

await check("amplify: a forgotten password", async () => {
  const chain = await chainOf();
  const { username } = chain;
  const { nextStep } = await resetPassword({ username });
  assert.equal(nextStep.resetPasswordStep, "CONFIRM_RESET_PASSWORD_WITH_CODE");
  assert.equal(nextStep.codeDeliveryDetails.deliveryMedium, "EMAIL");
  const code = await codeFor(username);
  const confirm = (confirmationCode, newPassword = "Brand-New-1") =>
    confirmResetPassword({ username, confirmationCode, newPassword });
  await assert.rejects(confirm(another(code)), MISMATCH);
  await assert.rejects(confirm(code, "short"), { name: "InvalidPasswordException" });
  await confirm(code);
  await assert.rejects(begin(chain), WRONG);
  assert.equal((await begin({ username, password: "Brand-New-1" })).signInStep, "DONE");
  await signOut();
});
