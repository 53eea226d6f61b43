// What the JavaScript checks share: the running sandbox, checks that print a line each, a tally.
// The sandbox is started by scripts/test-clients, which passes its ready line in the environment.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";

import { Secret, TOTP } from "otpauth";

// Node 18, which Debian 12 ships, has it but does not show it.
globalThis.crypto ??= webcrypto;
// And before Node 21 Amplify finds no name for the device, and then confirms none.
globalThis.navigator ??= { userAgent: "node" };

export const sandbox = JSON.parse(process.env.SANDBOX);
let count = 0;
let failures = 0;

export async function check(title, run) {
  count += 1;
  const start = performance.now();
  try {
    await run();
    console.log(`ok    node: ${title}  (${((performance.now() - start) / 1000).toFixed(2)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  node: ${title}`);
    console.log(error);
  }
}

export function end() {
  console.log(`node: ${count - failures} of ${count} checks passed`);
  process.exit(failures ? 1 : 0);
}

export async function control(method, path, body) {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: { "X-Sandbox-Control": sandbox.control_token },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

export const seed = (request = {}) => control("POST", "seed", request);

/** The newest message to a user: to, medium, purpose, code. */
export async function messageFor(username) {
  const { messages } = await control("GET", "outbox");
  return messages.findLast((message) => message.user === username);
}

export const codeFor = async (username) => (await messageFor(username)).code;

/** A code of the same length that is not this one. */
export const another = (code) => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);

/** A new key for an authenticator app, in base 32. */
export const newKey = () => new Secret({ size: 20 }).base32;

/** What an authenticator app shows, so many seconds from the present. */
export const totp = (key, later = 0) =>
  new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: Date.now() + later * 1000 });

/** Moves the sandbox's clock while something runs. */
export async function at(seconds, run) {
  await control("POST", "clock", { offset_seconds: seconds });
  try {
    return await run();
  } finally {
    await control("POST", "clock", { offset_seconds: 0 });
  }
}

export const WRONG = {
  name: "NotAuthorizedException",
  message: "Incorrect username or password.",
};
