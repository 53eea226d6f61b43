"""Second factors: authenticator apps, SMS, e-mail; set up, chosen, preferred, answered."""

import json

import pyotp
from pycognito import Cognito
from pycognito.exceptions import SMSMFAChallengeException, SoftwareTokenMFAChallengeException

from bench import another, holds, same
from python.common import (
    admin,
    at,
    based,
    early_in_a_step,
    idp,
    masked,
    password_auth,
    refused,
    respond,
    sandbox,
    sign_in,
    srp,
    tally,
    totp,
)

check = tally.check
APP, SMS, EMAIL = "SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"
MISMATCH = "CodeMismatchException"
INVALID = ("NotAuthorizedException", "Invalid session")


def key():
    return pyotp.random_base32()


def with_factors(*factors, mfa="ON", **user):
    """A user who has these second factors."""
    return sandbox.seed(
        pool={"mfa": mfa, "factors": [APP, SMS, EMAIL]},
        user={"factors": list(factors), "phone": "+15550123", **user},
    )


@check("boto3, pyotp: an authenticator app is set up by someone who is signed in")
def _():
    chain = sandbox.seed(pool={"mfa": "OPTIONAL", "factors": [APP]})
    token = {"AccessToken": sign_in(chain)["AccessToken"]}
    on = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    refused("InvalidParameterException", "", idp.set_user_mfa_preference, **token, **on)
    refused("NotAuthorizedException", "", idp.associate_software_token, AccessToken="x")
    secret = idp.associate_software_token(**token)["SecretCode"]
    assert len(secret) >= 26 and pyotp.TOTP(secret).byte_secret(), secret
    verify = lambda code: idp.verify_software_token(
        **token, UserCode=code, FriendlyDeviceName="phone"
    )
    refused("EnableSoftwareTokenMFAException", "Code mismatch", verify, another(totp(secret)))
    same(verify(totp(secret))["Status"], "SUCCESS")
    idp.set_user_mfa_preference(**token, **on)
    user = idp.get_user(**token)
    same((user["UserMFASettingList"], user["PreferredMfaSetting"]), ([APP], APP))

    asked = password_auth(chain)
    same(asked["ChallengeName"], APP)
    same(asked["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"], "phone")
    with at(30):
        done = respond(chain, asked, SOFTWARE_TOKEN_MFA_CODE=totp(secret, 30))
    assert done["AuthenticationResult"]["IdToken"]
    off = {"SoftwareTokenMfaSettings": {"Enabled": False, "PreferredMfa": False}}
    idp.set_user_mfa_preference(**token, **off)
    assert not idp.get_user(**token).get("UserMFASettingList")
    assert password_auth(chain)["AuthenticationResult"]["IdToken"]


@check("boto3: no authenticator app where the pool has no such factor")
def _():
    chain = sandbox.seed()
    token = {"AccessToken": sign_in(chain)["AccessToken"]}
    refused("SoftwareTokenMFANotFoundException", "", idp.associate_software_token, **token)


@check("boto3, pyotp: the app's code: wrong, then right; once; for its session, user and client")
def _():
    secret = key()
    chain = with_factors(APP, totp_key=secret)
    asked = password_auth(chain)
    same(asked["ChallengeName"], APP)
    early_in_a_step()
    code = totp(secret)
    answer = lambda asked, code, chain=chain, **more: respond(
        chain, asked, SOFTWARE_TOKEN_MFA_CODE=code, **more
    )
    refused(MISMATCH, "Invalid code received for user", answer, asked, another(code))
    refused(MISMATCH, "", answer, asked, "12345x")
    bob = sandbox.seed(
        user_pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        user={"username": "bob", "totp_key": key(), "factors": [APP]},
        identity_pool=False,
    )
    bobs = password_auth(bob)
    refused(*INVALID, answer, bobs, code)
    refused(*INVALID, answer, dict(asked, Session="x" * 40), code)
    other = sandbox.seed(user_pool_id=chain["user_pool_id"], user={"username": "cleo"})
    elsewhere = dict(chain, client_id=other["client_id"])
    refused(*INVALID, answer, asked, code, elsewhere)
    refused(MISMATCH, "", answer, bobs, code, USERNAME="bob")
    assert answer(asked, code)["AuthenticationResult"]["IdToken"]
    refused(*INVALID, answer, asked, code)
    code_again = ("ExpiredCodeException", "CodeMismatchException")
    refused(code_again, "", answer, password_auth(chain), code)


@check("pyotp: the app's clock may be one step off, not two")
def _():
    secret = key()
    for later, works in [(-30, True), (0, True), (30, True), (-90, False), (90, False)]:
        chain = with_factors(APP, totp_key=secret)
        early_in_a_step()
        answer = lambda: respond(
            chain, password_auth(chain), SOFTWARE_TOKEN_MFA_CODE=totp(secret, later)
        )
        if works:
            assert answer()["AuthenticationResult"]["IdToken"], later
        else:
            refused(MISMATCH, "", answer)


@check("boto3: SMS_MFA: where the code went, a wrong one, an old one, the right one")
def _():
    chain = with_factors(SMS)
    asked = password_auth(chain)
    same(asked["ChallengeName"], SMS)
    same(asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"], "SMS")
    masked(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "+15550123")
    sent = sandbox.message_for("alice")
    same((sent["to"], sent["medium"], sent["purpose"]), ("+15550123", "sms", SMS))
    answer = lambda asked, code: respond(chain, asked, SMS_MFA_CODE=code)
    refused(MISMATCH, "", answer, asked, another(sent["code"]))
    with at(181):
        refused("NotAuthorizedException", "session is expired", answer, asked, sent["code"])
    newer = password_auth(chain)
    newer_code = sandbox.code_for("alice")
    if newer_code != sent["code"]:
        refused(MISMATCH, "", answer, newer, sent["code"])
    assert answer(newer, newer_code)["AuthenticationResult"]["IdToken"]


@check("boto3: EMAIL_OTP as second factor, and a session of fifteen minutes")
def _():
    chain = sandbox.seed(
        pool={"mfa": "ON", "factors": [EMAIL]},
        client={"session_minutes": 15},
        user={"factors": [EMAIL]},
    )
    asked = password_auth(chain)
    same(asked["ChallengeName"], EMAIL)
    same(asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"], "EMAIL")
    masked(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "alice@example.com")
    code = sandbox.code_for("alice")
    answer = lambda code: respond(chain, asked, EMAIL_OTP_CODE=code)
    refused(MISMATCH, "", answer, another(code))
    with at(15 * 60 + 1):
        refused("NotAuthorizedException", "session is expired", answer, code)
    with at(14 * 60):
        assert answer(code)["AuthenticationResult"]["IdToken"]


@check("boto3: codes that are guessed end the session")
def _():
    chain = with_factors(SMS)
    asked = password_auth(chain)
    code = sandbox.code_for("alice")
    answer = lambda code: respond(chain, asked, SMS_MFA_CODE=code)
    for guesses in range(30):
        try:
            refused(MISMATCH, "", answer, another(code))
        except AssertionError:
            break
    assert 1 < guesses < 29, guesses
    refused("NotAuthorizedException", "", answer, code)


@check("boto3: SELECT_MFA_TYPE: several factors and none preferred")
def _():
    secret = key()
    chain = with_factors(APP, SMS, totp_key=secret)
    asked = password_auth(chain)
    same(asked["ChallengeName"], "SELECT_MFA_TYPE")
    same(sorted(json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"])), [SMS, APP])
    choose = lambda answer: respond(chain, asked, ANSWER=answer)
    refused(("InvalidParameterException", "NotAuthorizedException"), "", choose, "NONSENSE")
    asked = password_auth(chain)
    asked = choose(APP)
    same(asked["ChallengeName"], APP)
    done = respond(chain, asked, SOFTWARE_TOKEN_MFA_CODE=totp(secret))
    assert done["AuthenticationResult"]["IdToken"]
    asked = password_auth(chain)
    asked = choose(SMS)
    same(asked["ChallengeName"], SMS)
    masked(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "+15550123")
    done = respond(chain, asked, SMS_MFA_CODE=sandbox.code_for("alice"))
    assert done["AuthenticationResult"]["IdToken"]
    preferred = with_factors(APP, SMS, totp_key=secret, preferred_factor=APP)
    same(password_auth(preferred)["ChallengeName"], APP)


@check("boto3: MFA_SETUP: the chain of sessions, a wrong code, no way around it")
def _():
    chain = sandbox.seed(pool={"mfa": "ON", "factors": [APP]})
    asked = password_auth(chain)
    same(asked["ChallengeName"], "MFA_SETUP")
    same(json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]), [APP])
    code = ("SoftwareTokenMFANotFoundException", "InvalidParameterException")
    refused(code, "", respond, chain, asked)
    asked = password_auth(chain)
    made = idp.associate_software_token(Session=asked["Session"])
    assert made["Session"] and made["Session"] != asked["Session"]
    verify = lambda session, code: idp.verify_software_token(Session=session, UserCode=code)
    right = totp(made["SecretCode"])
    refused("EnableSoftwareTokenMFAException", "", verify, made["Session"], another(right))
    refused("NotAuthorizedException", "Invalid session", verify, "x" * 40, right)
    refused(code, "", respond, chain, dict(asked, Session=made["Session"]))
    # It may have taken the session along.
    asked = password_auth(chain)
    made = idp.associate_software_token(Session=asked["Session"])
    verified = verify(made["Session"], totp(made["SecretCode"]))
    same(verified["Status"], "SUCCESS")
    done = respond(chain, dict(asked, Session=verified["Session"]))
    token = done["AuthenticationResult"]["AccessToken"]
    same(idp.get_user(AccessToken=token)["UserMFASettingList"], [APP])
    asked = password_auth(chain)
    same(asked["ChallengeName"], APP)
    with at(30):
        code = totp(made["SecretCode"], 30)
        assert respond(chain, asked, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


@check("boto3: a new password, then an authenticator app, then tokens")
def _():
    chain = sandbox.seed(pool={"mfa": "ON", "factors": [APP]}, user={"temporary": True})
    asked = password_auth(chain)
    same(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED")
    asked = respond(chain, asked, NEW_PASSWORD="Brand-New-1")
    same(asked["ChallengeName"], "MFA_SETUP")
    made = idp.associate_software_token(Session=asked["Session"])
    verified = idp.verify_software_token(
        Session=made["Session"], UserCode=totp(made["SecretCode"])
    )
    assert respond(chain, dict(asked, Session=verified["Session"]))["AuthenticationResult"]
    same(password_auth(chain, "Brand-New-1")["ChallengeName"], APP)


@check("boto3: which factors may be preferred")
def _():
    chain = sandbox.seed(pool={"mfa": "OPTIONAL", "factors": [APP, SMS, EMAIL]})
    token = {"AccessToken": sign_in(chain)["AccessToken"]}
    on = {"Enabled": True, "PreferredMfa": True}
    prefer = lambda **settings: idp.set_user_mfa_preference(**token, **settings)
    code = "InvalidParameterException"
    refused(code, "", prefer, SMSMfaSettings=on)
    refused(code, "", prefer, EmailMfaSettings=on, SoftwareTokenMfaSettings=on)
    prefer(EmailMfaSettings=on)
    user = idp.get_user(**token)
    same((user["UserMFASettingList"], user["PreferredMfaSetting"]), ([EMAIL], EMAIL))
    same(password_auth(chain)["ChallengeName"], EMAIL)
    holds(str(admin.admin_get_user(
        UserPoolId=chain["user_pool_id"], Username=chain["username"]
    )["UserMFASettingList"]), EMAIL)


def pycognito(chain):
    return Cognito(
        chain["user_pool_id"],
        chain["client_id"],
        username=chain["username"],
        access_key="none",
        secret_key="none",
        boto3_client_kwargs={"endpoint_url": based.url},
    )


@check("pycognito, pyotp: sets up an app, makes it the preferred factor, signs in with it")
def _():
    chain = based.seed(pool={"mfa": "OPTIONAL", "factors": [APP, SMS]})
    user = pycognito(chain)
    user.authenticate(password=chain["password"])
    secret = user.associate_software_token()
    refused("EnableSoftwareTokenMFAException", "", user.verify_software_token, "000000")
    assert user.verify_software_token(totp(secret), "laptop")
    user.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    user = pycognito(chain)
    try:
        user.authenticate(password=chain["password"])
        raise AssertionError("signed in without a code")
    except SoftwareTokenMFAChallengeException:
        pass
    code = totp(secret, 30)
    refused(MISMATCH, "", user.respond_to_software_token_mfa_challenge, another(code))
    based.control("POST", "clock", {"offset_seconds": 30})
    user.respond_to_software_token_mfa_challenge(code)
    based.control("POST", "clock", {"offset_seconds": 0})
    same(user.id_claims["cognito:username"], chain["username"])


@check("pycognito: SMS_MFA after SRP, with a client secret")
def _():
    chain = sandbox.seed(
        pool={"mfa": "ON", "factors": [SMS]},
        client={"secret": True},
        user={"factors": [SMS], "phone": "+15550123"},
    )
    try:
        srp(chain).authenticate_user()
        raise AssertionError("signed in without a code")
    except SMSMFAChallengeException as asked:
        tokens = asked.get_tokens()
    done = respond(chain, tokens, SMS_MFA_CODE=sandbox.code_for("alice"))
    assert done["AuthenticationResult"]["IdToken"]


@check("boto3: an administrator's sign-in asks for the second factor, too")
def _():
    secret = key()
    chain = with_factors(APP, totp_key=secret)
    client = {"UserPoolId": chain["user_pool_id"], "ClientId": chain["client_id"]}
    asked = admin.admin_initiate_auth(
        **client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": chain["username"], "PASSWORD": chain["password"]},
    )
    same(asked["ChallengeName"], APP)
    answer = lambda code: admin.admin_respond_to_auth_challenge(
        **client,
        ChallengeName=APP,
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": chain["username"], "SOFTWARE_TOKEN_MFA_CODE": code},
    )
    code = totp(secret)
    refused(MISMATCH, "", answer, another(code))
    assert answer(code)["AuthenticationResult"]["IdToken"]
