// The AWS SDK for JavaScript with cognito-srp-helper's arithmetic: a remembered device.

import assert from "node:assert/strict";

import {
  CognitoIdentityProviderClient,
  ConfirmDeviceCommand,
  ForgetDeviceCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import {
  createDeviceVerifier,
  createSecretHash,
  createSrpSession,
  signSrpSession,
  signSrpSessionWithDevice,
  wrapAuthChallenge,
  wrapInitiateAuth,
} from "cognito-srp-helper";

import { check, newKey, sandbox, seed, totp } from "./bench.mjs";

const APP = "SOFTWARE_TOKEN_MFA";
const client = new CognitoIdentityProviderClient({
  endpoint: sandbox.url,
  region: sandbox.region,
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
  maxAttempts: 1,
});

/** A sign-in up to its first step after the password, with a device or without. */
async function begin(chain, device) {
  const { username, password, client_id: ClientId } = chain;
  const more = {
    USERNAME: username,
    SECRET_HASH: createSecretHash(username, ClientId, chain.client_secret),
    ...(device && { DEVICE_KEY: device.key }),
  };
  const srp = createSrpSession(username, password, chain.user_pool_id, false);
  const asked = await client.send(
    new InitiateAuthCommand(
      wrapInitiateAuth(srp, {
        ClientId,
        AuthFlow: "USER_SRP_AUTH",
        AuthParameters: { CHALLENGE_NAME: "SRP_A", ...more },
      }),
    ),
  );
  const answer = (ChallengeName, Session, ChallengeResponses, signed) => {
    const request = {
      ClientId,
      ChallengeName,
      Session,
      ChallengeResponses: { ...ChallengeResponses, ...more },
    };
    const sent = signed ? wrapAuthChallenge(signed, request) : request;
    return client.send(new RespondToAuthChallengeCommand(sent));
  };
  const signed = signSrpSession(srp, asked);
  const next = await answer("PASSWORD_VERIFIER", asked.Session, {}, signed);
  return { srp, signed, next, answer };
}

/** The device's proof, in place of a code. */
async function prove({ srp, signed, next, answer }, device) {
  assert.equal(next.ChallengeName, "DEVICE_SRP_AUTH");
  const asked = await answer("DEVICE_SRP_AUTH", next.Session, {}, signed);
  assert.equal(asked.ChallengeName, "DEVICE_PASSWORD_VERIFIER");
  const proof = signSrpSessionWithDevice(srp, asked, device.group, device.password);
  return answer("DEVICE_PASSWORD_VERIFIER", asked.Session, {}, proof);
}

await check("sdk, cognito-srp-helper: a device, proven, refreshed with, forgotten", async () => {
  const key = newKey();
  const chain = await seed({
    pool: { mfa: "ON", factors: [APP], devices: "always" },
    client: { secret: true },
    user: { totp_key: key, factors: [APP] },
  });
  const first = await begin(chain);
  assert.equal(first.next.ChallengeName, APP);
  const { AuthenticationResult: result } = await first.answer(APP, first.next.Session, {
    SOFTWARE_TOKEN_MFA_CODE: totp(key),
  });
  const { AccessToken } = result;
  const { DeviceKey, DeviceGroupKey } = result.NewDeviceMetadata;
  const verifier = createDeviceVerifier(DeviceKey, DeviceGroupKey);
  await client.send(
    new ConfirmDeviceCommand({
      AccessToken,
      DeviceKey,
      DeviceName: "helper",
      DeviceSecretVerifierConfig: verifier.DeviceSecretVerifierConfig,
    }),
  );
  const device = { key: DeviceKey, group: DeviceGroupKey, password: verifier.DeviceRandomPassword };
  for (let i = 0; i < 10; i += 1) {
    const done = await prove(await begin(chain, device), device);
    assert.ok(done.AuthenticationResult.IdToken);
  }
  await assert.rejects(
    begin(chain, device).then((step) => prove(step, { ...device, password: "d3Jvbmc=" })),
    { name: "NotAuthorizedException", message: "Incorrect username or password." },
  );
  const refresh = (more) =>
    client.send(
      new GetTokensFromRefreshTokenCommand({
        ClientId: chain.client_id,
        ClientSecret: chain.client_secret,
        RefreshToken: result.RefreshToken,
        ...more,
      }),
    );
  await assert.rejects(refresh({}), {
    name: "NotAuthorizedException",
    message: "Invalid Refresh Token.",
  });
  assert.ok((await refresh({ DeviceKey })).AuthenticationResult.IdToken);
  await client.send(new ForgetDeviceCommand({ AccessToken, DeviceKey }));
  await assert.rejects(begin(chain, device), {
    name: "ResourceNotFoundException",
    message: "Device does not exist.",
  });
});
