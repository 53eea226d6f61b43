// aws-amplify's configuration for a chain in the sandbox.

import { Amplify } from "aws-amplify";

import { sandbox } from "./bench.mjs";

export function configure(chain) {
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: chain.user_pool_id,
        userPoolClientId: chain.client_id,
        identityPoolId: chain.identity_pool_id,
        userPoolEndpoint: sandbox.url,
        identityPoolEndpoint: sandbox.url,
        allowGuestAccess: false,
      },
    },
  });
}
