// consumer2.cjs PROFILE CALLS PAUSE_MS: asks STS who it is, by version 2 of the SDK for JavaScript.
// Prints a line a call: `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`.

const { setTimeout: sleep } = require("node:timers/promises");

const [profile, calls, pause] = process.argv.slice(2);
if (profile !== "-") {
  process.env.AWS_PROFILE = profile;
  process.env.AWS_SDK_LOAD_CONFIG = "1"; // without it, it does not read ~/.aws/config
}

require("aws-sdk/lib/maintenance_mode_message").suppress = true;
const STS = require("aws-sdk/clients/sts");
const sts = new STS({ endpoint: process.env.STS_URL, region: "us-east-1", maxRetries: 0 });

async function main() {
  for (let call = 0; call < Number(calls); call++) {
    if (call > 0) await sleep(Number(pause));
    try {
      const request = sts.getCallerIdentity();
      const who = await request.promise();
      const signed = request.httpRequest?.headers.Authorization ?? "";
      console.log(`ok ${/Credential=([^/]*)/.exec(signed)?.[1] ?? "-"} ${who.Arn}`);
    } catch (error) {
      console.log(`failed ${error.name}: ${error.message}`.replaceAll("\n", " "));
    }
  }
}

main();
