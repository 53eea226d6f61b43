"""Signing in: SRP, passwords, secrets, challenges."""

import contextlib
import datetime
import json
import locale

import warrant_lite
from pycognito import AWSSRP
from pycognito.exceptions import ForceChangePasswordException

from bench import same
from python.common import (
    WRONG,
    admin,
    at,
    client,
    idp,
    password_auth,
    refused,
    sandbox,
    secret_hash,
    sign_in,
    srp,
    start_srp,
    tally,
)

check = tally.check


@check("pycognito: SRP, no client secret, right and wrong password")
def _():
    chain = sandbox.seed()
    tokens = sign_in(chain)
    same(sorted(tokens), ["AccessToken", "ExpiresIn", "IdToken", "RefreshToken", "TokenType"])
    same((tokens["TokenType"], tokens["ExpiresIn"]), ("Bearer", 3600))
    assert 1700 < len(tokens["RefreshToken"]) < 1900
    for wrong in ["wrong", chain["password"] + " ", chain["password"].lower()]:
        refused(*WRONG, srp(chain, wrong).authenticate_user)
    refused(*WRONG, srp(chain, username="nobody").authenticate_user)


@check("pycognito: SRP with a client secret, right, wrong and missing")
def _():
    chain = sandbox.seed(client={"secret": True})
    assert sign_in(chain)["IdToken"]
    refused(*WRONG, srp(chain, "wrong").authenticate_user)
    code, name = "NotAuthorizedException", chain["client_id"]
    text = f"Unable to verify secret hash for client {name}"
    refused(code, text, srp(chain, secret="x" * 52).authenticate_user)
    text = f"Client {name} is configured with secret but SECRET_HASH was not received"
    refused(code, text, srp(chain, secret=None).authenticate_user)


@check("pycognito: SRP fifty times, each with new numbers on both sides")
def _():
    chain = sandbox.seed(user={"username": "Jürgen", "password": "Päss wörd: 1"})
    for _ in range(50):
        assert sign_in(chain)["IdToken"]


@check("warrant-lite: SRP, with and without client secret, right and wrong password")
def _():
    try:
        locale.setlocale(locale.LC_ALL, ("en_US", "UTF-8"))
    except locale.Error:
        # It wants that locale for the names of days, which are the same in the one there is.
        warrant_lite.temp_locale = contextlib.nullcontext
    for secret in [False, True]:
        chain = sandbox.seed(client={"secret": secret})

        def lite(password):
            return warrant_lite.WarrantLite(
                username=chain["username"],
                password=password,
                pool_id=chain["user_pool_id"],
                client_id=chain["client_id"],
                client_secret=chain.get("client_secret"),
                client=idp,
            )

        assert lite(chain["password"]).authenticate_user()["AuthenticationResult"]["IdToken"]
        refused(*WRONG, lite("wrong").authenticate_user)


@check("pycognito: NEW_PASSWORD_REQUIRED by SRP, and the policy")
def _():
    chain = sandbox.seed(user={"temporary": True})
    try:
        sign_in(chain)
        raise AssertionError("signed in with a temporary password")
    except ForceChangePasswordException:
        pass
    code = "InvalidPasswordException"
    refused(code, "Password not long enough", srp(chain).set_new_password_challenge, "Aa1!")
    refused(code, "symbol", srp(chain).set_new_password_challenge, "Passw0rdPassw0rd")
    done = srp(chain).set_new_password_challenge("New-Passw0rd")
    assert done["AuthenticationResult"]["RefreshToken"]
    refused(*WRONG, srp(chain).authenticate_user)
    assert srp(chain, "New-Passw0rd").authenticate_user()


@check("pycognito: a proof counts once, for its user and client, for three minutes")
def _():
    chain = sandbox.seed()
    respond = lambda request: idp.respond_to_auth_challenge(**request)
    request = start_srp(chain)
    respond(request)
    code = "NotAuthorizedException"
    refused(code, "Invalid session", respond, request)
    request = start_srp(chain)
    with at(181):
        refused(code, "session is expired", respond, request)
    with at(179):
        respond(start_srp(chain))

    other = sandbox.seed(user_pool_id=chain["user_pool_id"], user={"username": "bob"})
    request = start_srp(chain)
    refused(code, "Invalid session", respond, dict(request, ClientId=other["client_id"]))
    bobs = dict(request["ChallengeResponses"], USERNAME="bob")
    refused(code, "Invalid session", respond, dict(request, ChallengeResponses=bobs))
    refused(code, "Invalid session", respond, dict(request, Session="x" * 30))
    respond(request)


@check("pycognito: TIMESTAMP must be fresh, and written as Java writes it")
def _():
    chain = sandbox.seed()
    right = AWSSRP.get_cognito_formatted_timestamp

    def with_stamp(write):
        AWSSRP.get_cognito_formatted_timestamp = staticmethod(write)
        try:
            sign_in(chain)
        finally:
            AWSSRP.get_cognito_formatted_timestamp = staticmethod(right)

    day = datetime.timedelta(days=1)
    minutes = datetime.timedelta(minutes=4)
    for late in [day, -day, minutes * 2, -minutes * 2]:
        refused(*WRONG, with_stamp, lambda now: right(now + late))
    for near in [minutes, -minutes]:
        with_stamp(lambda now: right(now + near))
    bad = ("InvalidParameterException", "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy")
    refused(*bad, with_stamp, lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    refused(*bad, with_stamp, lambda now: right(now).replace("UTC", "utc"))
    padded = lambda now: now.replace(day=5).strftime("%a %b %d %H:%M:%S UTC %Y")
    refused(*WRONG, with_stamp, padded)


@check("boto3: NEW_PASSWORD_REQUIRED is for its own user, client and session")
def _():
    chain = sandbox.seed(
        pool={"aws": {"Schema": [{"Name": "phone_number", "Required": True}]}},
        user={"temporary": True},
    )
    other = sandbox.seed(
        user_pool_id=chain["user_pool_id"], user={"username": "bob", "temporary": True}
    )
    asked = password_auth(chain)
    same(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED")
    required = asked["ChallengeParameters"]["requiredAttributes"]
    same(json.loads(required), ["userAttributes.phone_number"])

    def respond(session=asked["Session"], client=chain, **more):
        return idp.respond_to_auth_challenge(
            ClientId=client["client_id"],
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={
                "USERNAME": chain["username"],
                "NEW_PASSWORD": "New-Passw0rd",
                "userAttributes.phone_number": "+15550100",
                **more,
            },
            **({"Session": session} if session else {}),
        )

    code = "NotAuthorizedException"
    refused("InvalidParameterException", "Session", respond, None)
    refused(code, "Invalid session", respond, "x" * 40)
    refused(code, "Invalid session", respond, password_auth(other)["Session"])
    refused(code, "Invalid session", respond, client=other)
    refused(code, "Invalid session", respond, USERNAME="bob")
    missing = {"userAttributes.phone_number": ""}
    refused("InvalidParameterException", "phone", respond, **missing)
    with at(181):
        refused(code, "session is expired", respond)
    respond(password_auth(chain)["Session"])
    with at(8 * 86400):
        refused(code, "Temporary password has expired", password_auth, other)


@check("boto3: USER_PASSWORD_AUTH, with and without client secret")
def _():
    chain = sandbox.seed()
    assert password_auth(chain)["AuthenticationResult"]["AccessToken"]
    refused(*WRONG, password_auth, chain, "wrong")
    chain = sandbox.seed(client={"secret": True})
    assert password_auth(chain, SECRET_HASH=secret_hash(chain))["AuthenticationResult"]
    code = "NotAuthorizedException"
    refused(code, "SECRET_HASH was not received", password_auth, chain)
    refused(code, "Unable to verify", password_auth, chain, SECRET_HASH=secret_hash(chain, "x"))


@check("boto3: ADMIN_USER_PASSWORD_AUTH needs the administrator's signature")
def _():
    chain = sandbox.seed()
    request = dict(
        UserPoolId=chain["user_pool_id"],
        ClientId=chain["client_id"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": chain["username"], "PASSWORD": chain["password"]},
    )
    assert admin.admin_initiate_auth(**request)["AuthenticationResult"]["IdToken"]
    refused("UnrecognizedClientException", "security token", idp.admin_initiate_auth, **request)
    forged = client("cognito-idp", sandbox.admin_key, "wrong")
    refused("InvalidSignatureException", "signature", forged.admin_initiate_auth, **request)
    request["AuthParameters"]["PASSWORD"] = "wrong"
    refused(*WRONG, admin.admin_initiate_auth, **request)


@check("boto3: flows that the client does not allow, and clients that do not exist")
def _():
    chain = sandbox.seed(client={"flows": ["ALLOW_USER_SRP_AUTH"]})
    code = "InvalidParameterException"
    refused(code, "USER_PASSWORD_AUTH flow not enabled for this client", password_auth, chain)
    chain = sandbox.seed(client={"flows": ["ALLOW_USER_PASSWORD_AUTH"]})
    refused(code, "USER_SRP_AUTH is not enabled", srp(chain).authenticate_user)
    chain["client_id"] = "0" * 26
    refused("ResourceNotFoundException", "does not exist", password_auth, chain)
