// aws-amplify signs in, gets keys, refreshes and signs out.

import assert from "node:assert/strict";

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  confirmSignIn,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  signIn,
  signOut,
} from "aws-amplify/auth";

import { configure } from "./amplify.mjs";
import { check, control, sandbox, seed, WRONG } from "./bench.mjs";

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
