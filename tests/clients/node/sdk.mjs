// The AWS SDK for JavaScript.

import assert from "node:assert/strict";

import { CognitoIdentityClient, GetIdCommand } from "@aws-sdk/client-cognito-identity";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

import { check, sandbox, seed } from "./bench.mjs";

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
