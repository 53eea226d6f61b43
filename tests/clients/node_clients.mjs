// amazon-cognito-identity-js, aws-amplify and the AWS SDK for JavaScript judge the sandbox.

import { end } from "./node/bench.mjs";

// One after the other: imports that stand above would run side by side.
for (const name of [
  "identity_sign_in",
  "identity_challenges",
  "identity_devices",
  "amplify_sign_in",
  "amplify_challenges",
  "sdk",
  "sdk_devices",
]) {
  await import(`./node/${name}.mjs`);
}
end();
