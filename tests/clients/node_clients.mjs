// amazon-cognito-identity-js, aws-amplify, the AWS SDK for JavaScript and openid-client judge the
// sandbox, with oidc-provider behind it.

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
  "oauth",
  "federation",
  "sdk_roles",
]) {
  await import(`./node/${name}.mjs`);
}
end();
