// amazon-cognito-identity-js: a browser of its own for each user, and promises for its callbacks.

import { AuthenticationDetails, CognitoUser, CognitoUserPool } from "amazon-cognito-identity-js";

import { sandbox } from "./bench.mjs";

/** A storage of its own for each user, as two browsers would have. */
function storage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
    clear: () => items.clear(),
  };
}

export function userPool(chain) {
  return new CognitoUserPool({
    UserPoolId: chain.user_pool_id,
    ClientId: chain.client_id,
    endpoint: sandbox.url,
    Storage: storage(),
  });
}

export function browser(chain, username = chain.username) {
  const pool = userPool(chain);
  return new CognitoUser({ Username: username, Pool: pool, Storage: pool.storage });
}

export const call = (run) =>
  new Promise((resolve, reject) =>
    run((error, result) => (error ? reject(error) : resolve(result))),
  );

export const events = (run) =>
  new Promise((resolve, reject) => run({ onSuccess: resolve, onFailure: reject }));

export function authenticate(user, chain, password = chain.password) {
  const details = new AuthenticationDetails({
    Username: user.getUsername(),
    Password: password,
  });
  return new Promise((resolve, reject) =>
    user.authenticateUser(details, {
      onSuccess: resolve,
      onFailure: reject,
      newPasswordRequired: (attributes, required) =>
        resolve({ newPassword: { attributes, required } }),
    }),
  );
}

/** The same browser later: what it stored is there, what it remembered is not. */
export function later(user, chain) {
  return new CognitoUser({ Username: chain.username, Pool: user.pool, Storage: user.pool.storage });
}

/** Resolves with the session, or with what is asked next. */
export const step = (run) =>
  new Promise((resolve, reject) => {
    const asks = (asked, parameters) => resolve({ asked, parameters });
    run({
      onSuccess: (session, confirmation) => resolve({ session, confirmation }),
      onFailure: reject,
      mfaRequired: asks,
      totpRequired: asks,
      selectMFAType: asks,
      mfaSetup: asks,
      customChallenge: (parameters) => asks("CUSTOM_CHALLENGE", parameters),
      newPasswordRequired: (attributes, required) =>
        resolve({ asked: "NEW_PASSWORD_REQUIRED", attributes, required }),
    });
  });

/** The first step of a sign-in by SRP. */
export const begin = (user, chain, password = chain.password) =>
  step((callbacks) =>
    user.authenticateUser(
      new AuthenticationDetails({ Username: user.getUsername(), Password: password }),
      callbacks,
    ),
  );

/** A key for an authenticator app of somebody who is signed in, or about to be. */
export const associate = (user) =>
  new Promise((resolve, reject) =>
    user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
  );
