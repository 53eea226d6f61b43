"""Challenges and devices by the AWS CLI."""

import json
import time

import pyotp
from pycognito.aws_srp import generate_hash_device

from bench import another, same
from cli.accounts import idp, sign_in
from cli.common import check, sandbox

APP = "SOFTWARE_TOKEN_MFA"


def totp(key, later=0):
    return pyotp.TOTP(key).at(time.time() + later)


def at(seconds):
    sandbox.control("POST", "clock", {"offset_seconds": seconds})


def respond(chain, asked, fails=None, **responses):
    return idp(
        "respond-to-auth-challenge",
        client_id=chain["client_id"],
        challenge_name=asked["ChallengeName"],
        session=asked["Session"],
        challenge_responses=json.dumps({"USERNAME": chain["username"], **responses}),
        fails=fails,
    )


def start(chain, flow, fails=None, **parameters):
    return idp(
        "initiate-auth",
        client_id=chain["client_id"],
        auth_flow=flow,
        auth_parameters=json.dumps({"USERNAME": chain["username"], **parameters}),
        fails=fails,
    )


@check("associate-software-token, verify-software-token, set-user-mfa-preference, a code")
def _():
    chain = sandbox.seed(pool={"mfa": "OPTIONAL", "factors": [APP]})
    token = {"access_token": sign_in(chain)["AuthenticationResult"]["AccessToken"]}
    on = "Enabled=true,PreferredMfa=true"
    prefer = lambda **more: idp(
        "set-user-mfa-preference", **token, software_token_mfa_settings=on, **more
    )
    prefer(fails="InvalidParameterException")
    key = idp("associate-software-token", **token)["SecretCode"]
    verify = lambda code, **more: idp(
        "verify-software-token", **token, user_code=code, friendly_device_name="phone", **more
    )
    verify(another(totp(key)), fails="EnableSoftwareTokenMFAException")
    same(verify(totp(key))["Status"], "SUCCESS")
    prefer()
    same(idp("get-user", **token)["PreferredMfaSetting"], APP)
    asked = sign_in(chain)
    same(asked["ChallengeName"], APP)
    at(30)
    code = totp(key, 30)
    respond(chain, asked, SOFTWARE_TOKEN_MFA_CODE=another(code), fails="CodeMismatchException")
    done = respond(chain, asked, SOFTWARE_TOKEN_MFA_CODE=code)
    at(0)
    assert done["AuthenticationResult"]["IdToken"]


@check("MFA_SETUP: a key, its code, then tokens")
def _():
    chain = sandbox.seed(pool={"mfa": "ON", "factors": [APP]})
    asked = sign_in(chain)
    same(asked["ChallengeName"], "MFA_SETUP")
    key = idp("associate-software-token", session=asked["Session"])
    verified = idp(
        "verify-software-token", session=key["Session"], user_code=totp(key["SecretCode"])
    )
    done = respond(chain, dict(asked, Session=verified["Session"]))
    assert done["AuthenticationResult"]["IdToken"]


@check("confirm-device, list-devices, get-device, update-device-status, forget-device")
def _():
    chain = sandbox.seed(pool={"devices": "ask"})
    result = sign_in(chain)["AuthenticationResult"]
    token, metadata = {"access_token": result["AccessToken"]}, result["NewDeviceMetadata"]
    device = dict(token, device_key=metadata["DeviceKey"])
    _, config = generate_hash_device(metadata["DeviceGroupKey"], metadata["DeviceKey"])
    broken = json.dumps({**config, "Salt": "!"})
    confirm = lambda config, **more: idp(
        "confirm-device",
        **device,
        device_secret_verifier_config=config,
        device_name="cli",
        **more,
    )
    confirm(broken, fails="InvalidParameterException")
    same(confirm(json.dumps(config))["UserConfirmationNecessary"], True)
    update = lambda status, **more: idp(
        "update-device-status", **device, device_remembered_status=status, **more
    )
    update("nonsense", fails="nonsense")
    update("remembered")
    same(
        [d["DeviceKey"] for d in idp("list-devices", **token)["Devices"]], [metadata["DeviceKey"]]
    )
    same(idp("get-device", **device)["Device"]["DeviceKey"], metadata["DeviceKey"])
    refresh = lambda **more: idp(
        "get-tokens-from-refresh-token",
        client_id=chain["client_id"],
        refresh_token=result["RefreshToken"],
        **more,
    )
    refresh(fails="Invalid Refresh Token.")
    assert refresh(device_key=metadata["DeviceKey"])["AuthenticationResult"]["IdToken"]
    asked = start(
        chain,
        "USER_PASSWORD_AUTH",
        PASSWORD=chain["password"],
        DEVICE_KEY=metadata["DeviceKey"],
    )
    same(asked["ChallengeName"], "DEVICE_SRP_AUTH")
    idp("forget-device", **device)
    idp("forget-device", **device, fails="Device does not exist.")
    idp("get-device", **device, fails="Device does not exist.")
    same(idp("list-devices", **token)["Devices"], [])


@check("USER_AUTH: EMAIL_OTP, SMS_OTP and PASSWORD, chosen and preferred")
def _():
    chain = sandbox.seed(
        pool={"first_factors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]},
        client={"flows": ["ALLOW_USER_AUTH"]},
        user={"phone": "+15550123"},
    )
    asked = start(chain, "USER_AUTH")
    same(asked["ChallengeName"], "SELECT_CHALLENGE")
    asked = respond(chain, asked, ANSWER="EMAIL_OTP")
    same(asked["ChallengeName"], "EMAIL_OTP")
    code = sandbox.code_for("alice")
    respond(chain, asked, EMAIL_OTP_CODE=another(code), fails="CodeMismatchException")
    assert respond(chain, asked, EMAIL_OTP_CODE=code)["AuthenticationResult"]
    asked = start(chain, "USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP")
    same(asked["ChallengeName"], "SMS_OTP")
    code = sandbox.code_for("alice")
    at(181)
    respond(chain, asked, SMS_OTP_CODE=code, fails="session is expired")
    at(0)
    asked = start(chain, "USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP")
    assert respond(chain, asked, SMS_OTP_CODE=sandbox.code_for("alice"))["AuthenticationResult"]
    choose = lambda password, **more: respond(
        chain, start(chain, "USER_AUTH"), ANSWER="PASSWORD", PASSWORD=password, **more
    )
    choose("wrong", fails="Incorrect username or password.")
    assert choose(chain["password"])["AuthenticationResult"]


@check("CUSTOM_AUTH: the pool's question")
def _():
    rounds = [{"parameters": {"question": "The colour of the house?"}, "answer": "green"}]
    chain = sandbox.seed(pool={"custom": rounds}, client={"flows": ["ALLOW_CUSTOM_AUTH"]})
    asked = start(chain, "CUSTOM_AUTH")
    same(asked["ChallengeParameters"]["question"], "The colour of the house?")
    assert respond(chain, asked, ANSWER="green")["AuthenticationResult"]
    respond(chain, asked, ANSWER="green", fails="Invalid session")
    closed = sandbox.seed(client={"flows": ["ALLOW_USER_SRP_AUTH"]})
    start(closed, "CUSTOM_AUTH", fails="CUSTOM_AUTH")
