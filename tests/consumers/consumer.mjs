// consumer.mjs chain|process PROFILE CALLS PAUSE_MS: asks STS who it is, so many times, with one
// client, which finds its keys by the default chain or by fromProcess alone. Prints a line a call:
// `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`.

import { setTimeout as sleep } from "node:timers/promises";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromProcess } from "@aws-sdk/credential-providers";

const [way, profile, calls, pause] = process.argv.slice(2);
if (profile !== "-") process.env.AWS_PROFILE = profile;
const place = { endpoint: process.env.STS_URL, region: "us-east-1" };
const sts = new STSClient(
  way === "chain" ? place : { ...place, credentials: fromProcess({ profile }) },
);

let key = "-";
sts.middlewareStack.add(
  (next) => (args) => {
    key = /Credential=([^/]*)/.exec(args.request.headers.authorization)?.[1] ?? "-";
    return next(args);
  },
  { step: "finalizeRequest", priority: "low", name: "signer" },
);

for (let call = 0; call < Number(calls); call++) {
  if (call > 0) await sleep(Number(pause));
  try {
    const who = await sts.send(new GetCallerIdentityCommand({}));
    console.log(`ok ${key} ${who.Arn}`);
  } catch (error) {
    console.log(`failed ${error.name}: ${error.message}`.replaceAll("\n", " "));
  }
}
