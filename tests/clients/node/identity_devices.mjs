// amazon-cognito-identity-js signs in on devices that the pool remembers.

import assert from "node:assert/strict";

import { at, check, control, newKey, seed, totp } from "./bench.mjs";
import { authenticate, begin, browser, call, events, later, step } from "./identity.mjs";

const APP = "SOFTWARE_TOKEN_MFA";

const tracked = (devices, more = {}) =>
  seed({
    pool: { mfa: "ON", factors: [APP], devices, ...more },
    user: { totp_key: newKey(), factors: [APP] },
  });

/** Signs in where a code must be asked for; each code is of a later step than the one before. */
async function withCode(user, chain, turn = 0) {
  assert.equal((await begin(user, chain)).asked, APP, "no code was asked for");
  const code = totp(chain.totp_key, 30 * turn);
  return at(30 * turn, () => step((callbacks) => user.sendMFACode(code, callbacks, APP)));
}

async function challenges() {
  const { calls } = await control("GET", "calls?operation=RespondToAuthChallenge");
  return calls.filter((call) => call.outcome === "ok").length;
}

await check("identity-js: a device stands in for the code, until it is forgotten", async () => {
  const chain = await tracked("always");
  const user = browser(chain);
  const { confirmation } = await withCode(user, chain);
  assert.equal(confirmation, undefined);

  for (let i = 0; i < 10; i += 1) {
    const again = later(user, chain);
    const before = await challenges();
    const { session } = await begin(again, chain);
    assert.ok(session?.isValid(), "the device was not taken");
    assert.equal((await challenges()) - before, 3, "password, device, device's password");
  }
  const again = later(user, chain);
  await begin(again, chain);
  const { Devices } = await events((callbacks) => again.listDevices(10, null, callbacks));
  assert.deepEqual(Devices.map((device) => device.DeviceKey), [again.deviceKey]);
  const { Device } = await events((callbacks) => again.getDevice(callbacks));
  assert.equal(Device.DeviceKey, again.deviceKey);

  await events((callbacks) => again.forgetDevice(callbacks));
  await withCode(later(user, chain), chain, 1);
});

await check("identity-js: a device that the pool forgot: the same proof goes on", async () => {
  const chain = await tracked("always");
  const user = browser(chain);
  await withCode(user, chain);
  await events((callbacks) => user.forgetSpecificDevice(user.deviceKey, callbacks));
  await withCode(later(user, chain), chain, 1);
});

await check("identity-js: another browser is another device", async () => {
  const chain = await tracked("always");
  const first = browser(chain);
  await withCode(first, chain);
  const second = browser(chain);
  await withCode(second, chain, 1);
  assert.notEqual(first.deviceKey, second.deviceKey);
  for (const user of [first, second]) {
    assert.ok((await begin(later(user, chain), chain)).session);
  }
});

await check("identity-js: a device is remembered when its user wants that", async () => {
  const chain = await tracked("ask");
  const user = browser(chain);
  const { confirmation } = await withCode(user, chain);
  assert.equal(confirmation, true);
  await withCode(later(user, chain), chain, 1);
  await events((callbacks) => user.setDeviceStatusRemembered(callbacks));
  const again = later(user, chain);
  assert.ok((await begin(again, chain)).session);
  await events((callbacks) => again.setDeviceStatusNotRemembered(callbacks));
  await withCode(later(user, chain), chain, 2);
});

await check("identity-js: a device by USER_PASSWORD_AUTH", async () => {
  const chain = await tracked("always");
  const plain = (user) => {
    user.setAuthenticationFlowType("USER_PASSWORD_AUTH");
    return user;
  };
  const user = plain(browser(chain));
  await withCode(user, chain);
  assert.ok((await begin(plain(later(user, chain)), chain)).session);
});

await check("identity-js: without second factors devices are remembered, too", async () => {
  const chain = await seed({ pool: { devices: "always" } });
  const user = browser(chain);
  const session = await authenticate(user, chain);
  const key = user.deviceKey;
  assert.ok(key);
  const fresh = await call((done) => user.refreshSession(session.getRefreshToken(), done));
  assert.ok(fresh.isValid());
  const again = later(user, chain);
  assert.ok((await begin(again, chain)).session);
  assert.equal(again.deviceKey, key);
  const bare = browser(chain);
  await assert.rejects(
    call((done) => bare.refreshSession(session.getRefreshToken(), done)),
    { name: "NotAuthorizedException", message: "Invalid Refresh Token." },
  );
});

await check("identity-js: a device that stands in for nothing", async () => {
  const chain = await tracked("always", { device_skips_mfa: false });
  const user = browser(chain);
  await withCode(user, chain);
  const { session } = await withCode(later(user, chain), chain, 1);
  assert.ok(session.isValid());
});
