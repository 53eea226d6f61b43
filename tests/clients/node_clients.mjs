// amazon-cognito-identity-js, aws-amplify and the AWS SDK for JavaScript judge the sandbox.

import "./node/identity_sign_in.mjs";
import "./node/identity_challenges.mjs";
import "./node/identity_devices.mjs";
import "./node/amplify_sign_in.mjs";
import "./node/amplify_challenges.mjs";
import "./node/sdk.mjs";
import "./node/sdk_devices.mjs";
import { end } from "./node/bench.mjs";

end();
