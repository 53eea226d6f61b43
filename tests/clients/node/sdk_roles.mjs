// The AWS SDK for JavaScript's own credential providers: guests, roles, the classic flow, chains.

import assert from "node:assert/strict";

import {
  CognitoIdentityClient,
  GetIdCommand,
  GetOpenIdTokenCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import {
  fromCognitoIdentity,
  fromCognitoIdentityPool,
  fromTemporaryCredentials,
  fromWebToken,
} from "@aws-sdk/credential-providers";

import { check, sandbox, seed } from "./bench.mjs";

const clientConfig = { endpoint: sandbox.url, region: sandbox.region };
const pools = new CognitoIdentityClient(clientConfig);
const role = (name) => `arn:aws:iam::${sandbox.account}:role/${name}`;
const session = (name, who) => `arn:aws:sts::${sandbox.account}:assumed-role/${name}/${who}`;
const COGNITO = "CognitoIdentityCredentials";

async function logins(chain) {
  const client = new CognitoIdentityProviderClient(clientConfig);
  const answer = await client.send(
    new InitiateAuthCommand({
      ClientId: chain.client_id,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: chain.username, PASSWORD: chain.password },
    }),
  );
  return { [chain.provider_name]: answer.AuthenticationResult.IdToken };
}

async function arn(credentials) {
  const sts = new STSClient({ ...clientConfig, credentials });
  return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}

const groups = [
  { name: "admin", role_arn: role("Admin"), precedence: 1 },
  { name: "reader", role_arn: role("Reader"), precedence: 2 },
];

await check("sdk: fromCognitoIdentityPool, as a guest", async () => {
  const chain = await seed({ identity_pool: { guest_role_arn: role("Guest") } });
  const guest = fromCognitoIdentityPool({
    identityPoolId: chain.identity_pool_id,
    clientConfig,
  });
  assert.equal(await arn(guest), session("Guest", COGNITO));
  assert.equal((await guest()).identityId, (await guest()).identityId);
});

await check("sdk: fromCognitoIdentity, with the role that is asked for", async () => {
  const chain = await seed({ pool: { groups }, user: { groups: ["admin", "reader"] } });
  const login = await logins(chain);
  const request = { IdentityPoolId: chain.identity_pool_id, Logins: login };
  const { IdentityId: identityId } = await pools.send(new GetIdCommand(request));
  const as = (customRoleArn) =>
    fromCognitoIdentity({ identityId, logins: login, customRoleArn, clientConfig });
  assert.equal(await arn(as(undefined)), session("Developer", COGNITO));
  assert.equal(await arn(as(role("Reader"))), session("Reader", COGNITO));
  await assert.rejects(arn(as(role("Owner"))), { name: "NotAuthorizedException" });
});

await check("sdk: fromWebToken and fromTemporaryCredentials, one on top of the other", async () => {
  const chain = await seed({
    identity_pool: { classic: true },
    roles: [
      { arn: role("Deploy"), trust: "account" },
      { arn: role("Last"), trust: "account" },
    ],
  });
  const login = await logins(chain);
  const request = { IdentityPoolId: chain.identity_pool_id, Logins: login };
  const { IdentityId } = await pools.send(new GetIdCommand(request));
  const { Token } = await pools.send(new GetOpenIdTokenCommand({ IdentityId, Logins: login }));
  const web = fromWebToken({
    roleArn: role("Developer"),
    roleSessionName: "from-web",
    webIdentityToken: Token,
    durationSeconds: 900,
    clientConfig,
  });
  assert.equal(await arn(web), session("Developer", "from-web"));
  const hop = (masterCredentials, name, more = {}) =>
    fromTemporaryCredentials({
      masterCredentials,
      params: { RoleArn: role(name), RoleSessionName: "hop", ...more },
      clientConfig,
    });
  const tags = {
    Tags: [{ Key: "team", Value: "blue" }],
    TransitiveTagKeys: ["team"],
    ExternalId: "any",
  };
  const deploy = hop(web, "Deploy", tags);
  assert.equal(await arn(deploy), session("Deploy", "hop"));
  assert.equal(await arn(hop(deploy, "Last")), session("Last", "hop"));
  await assert.rejects(arn(hop(web, "Nobodys")), { name: "AccessDenied" });
  await assert.rejects(arn(hop(web, "Deploy", { DurationSeconds: 3601 })), {
    name: "ValidationError",
  });
  const wrong = fromWebToken({
    roleArn: role("Developer"),
    webIdentityToken: `${Token}x`,
    clientConfig,
  });
  await assert.rejects(arn(wrong), { name: "InvalidIdentityTokenException" });
});
