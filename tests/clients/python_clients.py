"""boto3, pycognito, warrant-lite and PyJWT judge the sandbox."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import locale

import boto3
import jwt
import requests
import warrant_lite
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from pycognito import AWSSRP, Cognito
from pycognito.exceptions import ForceChangePasswordException

from bench import Sandbox, Tally, holds, same

sandbox = Sandbox()
based = Sandbox("SANDBOX_BASE")
tally = Tally("python")
check = tally.check
NO_RETRY = Config(retries={"total_max_attempts": 1})


def client(service, key="none", secret="none", token=None, where=sandbox):
    return boto3.client(
        service,
        endpoint_url=where.url,
        region_name=where.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=NO_RETRY,
    )


idp = client("cognito-idp")
identity = client("cognito-identity")
admin = client("cognito-idp", sandbox.admin_key, sandbox.admin_secret)
identity_admin = client("cognito-identity", sandbox.admin_key, sandbox.admin_secret)


def refused(code, text, call, *arguments, **named):
    """The call fails with this error and no other."""
    try:
        result = call(*arguments, **named)
    except ClientError as error:
        same(error.response["Error"]["Code"], code)
        holds(error.response["Error"]["Message"], text)
        return
    raise AssertionError(f"not refused: {str(result)[:200]}")


def srp(chain, password=None, username=None, secret="own", where=None):
    return AWSSRP(
        username=username or chain["username"],
        password=password or chain["password"],
        pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        client_secret=chain.get("client_secret") if secret == "own" else secret,
        client=where or idp,
    )


def sign_in(chain):
    return srp(chain).authenticate_user()["AuthenticationResult"]


def secret_hash(chain, username=None):
    message = (username or chain["username"]) + chain["client_id"]
    digest = hmac.new(chain["client_secret"].encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def password_auth(chain, password=None, **more):
    return idp.initiate_auth(
        ClientId=chain["client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": chain["username"],
            "PASSWORD": password or chain["password"],
            **more,
        },
    )


def keys_for(chain, token, **more):
    logins = {chain["provider_name"]: token}
    known = identity.get_id(IdentityPoolId=chain["identity_pool_id"], Logins=logins)
    answer = identity.get_credentials_for_identity(
        IdentityId=known["IdentityId"], Logins=logins, **more
    )
    return answer["Credentials"]


def who(keys):
    sts = client("sts", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    return sts.get_caller_identity()


def at(seconds):
    """Moves the sandbox's clock for the time of a block."""

    class Moved:
        def __enter__(self):
            sandbox.control("POST", "clock", {"offset_seconds": seconds})

        def __exit__(self, *_):
            sandbox.control("POST", "clock", {"offset_seconds": 0})

    return Moved()


WRONG = ("NotAuthorizedException", "Incorrect username or password.")


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
    chain = sandbox.seed(user={"username": "Jürgen", "password": " Päss wörd:1 "})
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


def start_srp(chain, client_of=None):
    """Starts a sign-in; returns the request for its second step, by pycognito's arithmetic."""
    helper = srp(chain)
    parameters = helper.get_auth_params()
    chain = client_of or chain
    asked = idp.initiate_auth(
        ClientId=chain["client_id"], AuthFlow="USER_SRP_AUTH", AuthParameters=parameters
    )
    assert "Session" not in asked
    return dict(
        ClientId=chain["client_id"],
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=helper.process_challenge(asked["ChallengeParameters"], parameters),
    )


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
    refused(code, "Invalid session", respond, None)
    refused(code, "Invalid session", respond, "x" * 40)
    refused(code, "Invalid session", respond, password_auth(other)["Session"])
    refused(code, "Invalid session", respond, client=other)
    refused(code, "Invalid session", respond, USERNAME="bob")
    missing = {"userAttributes.phone_number": ""}
    refused("InvalidParameterException", "phone_number is missing", respond, **missing)
    with at(181):
        refused(code, "session is expired", respond)
    respond(password_auth(chain)["Session"])
    with at(8 * 86400):
        refused(code, "Temporary password has expired", password_auth, other)


@check("pycognito: Cognito class verifies tokens by key set, renews, reads and leaves")
def _():
    chain = based.seed(client={"secret": True})
    user = Cognito(
        chain["user_pool_id"],
        chain["client_id"],
        username=chain["username"],
        client_secret=chain["client_secret"],
        access_key="none",
        secret_key="none",
        boto3_client_kwargs={"endpoint_url": based.url},
    )
    user.authenticate(password=chain["password"])
    same(user.id_claims["cognito:username"], chain["username"])
    before = user.access_token
    user.renew_access_token()
    assert user.access_token != before
    user.verify_tokens()
    same(user.get_user().sub, chain["sub"])
    user.change_password(chain["password"], "Other-Passw0rd1")
    refresh_token = user.refresh_token
    user.logout()
    user.refresh_token = refresh_token
    refused("NotAuthorizedException", "Refresh Token has been revoked", user.renew_access_token)
    user.authenticate(password="Other-Passw0rd1")


@check("PyJWT: claims and signature of both tokens, by the published key set")
def _():
    chain = based.seed(
        pool={"groups": [{"name": "ops", "role_arn": "arn:aws:iam::000000000000:role/Ops"}]},
        user={"groups": ["ops"]},
    )
    here = client("cognito-idp", where=based)
    tokens = srp(chain, where=here).authenticate_user()["AuthenticationResult"]
    keys = jwt.PyJWKClient(f"{chain['issuer']}/.well-known/jwks.json")

    def read(token, **options):
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["RS256"], issuer=chain["issuer"], **options)

    claims = read(tokens["IdToken"], audience=chain["client_id"])
    same(claims["sub"], chain["sub"])
    same(claims["token_use"], "id")
    same(claims["email"], "alice@example.com")
    same(claims["email_verified"], True)
    same(claims["cognito:groups"], ["ops"])
    same(claims["cognito:roles"], ["arn:aws:iam::000000000000:role/Ops"])
    same(claims["cognito:preferred_role"], "arn:aws:iam::000000000000:role/Ops")
    same(claims["exp"] - claims["iat"], 3600)
    access = read(tokens["AccessToken"])
    same(access["client_id"], chain["client_id"])
    same((access["token_use"], access["username"]), ("access", "alice"))
    same(access["origin_jti"], claims["origin_jti"])
    assert "aud" not in access and access["jti"] != claims["jti"]


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


@check("boto3: REFRESH_TOKEN_AUTH")
def _():
    chain = sandbox.seed(client={"secret": True})
    token = sign_in(chain)["RefreshToken"]

    def refresh(token, hash=True):
        given = {"SECRET_HASH": secret_hash(chain)} if hash else {}
        return idp.initiate_auth(
            ClientId=chain["client_id"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token, **given},
        )["AuthenticationResult"]

    result = refresh(token)
    assert result["IdToken"] and "RefreshToken" not in result
    code = "NotAuthorizedException"
    refused(code, "SECRET_HASH was not received", refresh, token, hash=False)
    refused(code, "Invalid Refresh Token.", refresh, token[:-1])
    with at(31 * 86400):
        refused(code, "Refresh Token has expired", refresh, token)


@check("boto3: GetTokensFromRefreshToken without rotation")
def _():
    chain = sandbox.seed(client={"secret": True})
    token = sign_in(chain)["RefreshToken"]

    def refresh(**more):
        request = dict(
            ClientId=chain["client_id"], RefreshToken=token, ClientSecret=chain["client_secret"]
        )
        request.update(more)
        return idp.get_tokens_from_refresh_token(**request)["AuthenticationResult"]

    for _ in range(2):
        assert "RefreshToken" not in refresh()
    refused("NotAuthorizedException", "secret", refresh, ClientSecret="x" * 52)
    refused("NotAuthorizedException", "Invalid Refresh Token.", refresh, RefreshToken="x")


@check("boto3: rotation, grace, reuse, and the end that rotation does not move")
def _():
    chain = sandbox.seed(client={"rotation_grace_seconds": 10})

    def refresh(token):
        return idp.get_tokens_from_refresh_token(
            ClientId=chain["client_id"], RefreshToken=token
        )["AuthenticationResult"]["RefreshToken"]

    first = sign_in(chain)["RefreshToken"]
    second = refresh(first)
    third = refresh(first)
    same(len({first, second, third}), 3)
    with at(8):
        fourth = refresh(first)
    with at(12):
        refused("RefreshTokenReuseException", "", refresh, first)
        for token in [second, third, fourth]:
            refresh(token)
    old = sign_in(chain)["RefreshToken"]
    with at(20 * 86400):
        late = refresh(old)
    with at(29 * 86400):
        later = refresh(late)
    with at(30 * 86400 + 20):
        refused("NotAuthorizedException", "Refresh Token has expired", refresh, later)
    refused(
        "InvalidParameterException",
        "otation",
        idp.initiate_auth,
        ClientId=chain["client_id"],
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": later},
    )


@check("boto3: RevokeToken and GlobalSignOut")
def _():
    chain = sandbox.seed()
    tokens = sign_in(chain)
    other = sign_in(chain)

    def refresh(tokens):
        return idp.get_tokens_from_refresh_token(
            ClientId=chain["client_id"], RefreshToken=tokens["RefreshToken"]
        )

    revoke = dict(ClientId=chain["client_id"], Token=tokens["RefreshToken"])
    idp.revoke_token(**revoke)
    idp.revoke_token(**revoke)
    code = "NotAuthorizedException"
    refused(code, "Refresh Token has been revoked", refresh, tokens)
    refused(code, "Access Token has been revoked", idp.get_user, AccessToken=tokens["AccessToken"])
    same(idp.get_user(AccessToken=other["AccessToken"])["Username"], "alice")
    refresh(other)
    idp.global_sign_out(AccessToken=other["AccessToken"])
    refused(code, "Refresh Token has been revoked", refresh, other)
    revoke["Token"] = tokens["IdToken"]
    refused("UnsupportedTokenTypeException", "", idp.revoke_token, **revoke)
    stubborn = sandbox.seed(client={"revocation": False})
    revoke = dict(ClientId=stubborn["client_id"], Token=sign_in(stubborn)["RefreshToken"])
    refused("UnsupportedOperationException", "", idp.revoke_token, **revoke)


@check("boto3: identity pool and STS, to the last link")
def _():
    chain = sandbox.seed()
    token = sign_in(chain)["IdToken"]
    keys = keys_for(chain, token)
    assert keys["AccessKeyId"].startswith("ASIA") and len(keys["SecretKey"]) == 40
    answer = who(keys)
    arn = f"arn:aws:sts::{sandbox.account}:assumed-role/Developer/CognitoIdentityCredentials"
    same(answer["Arn"], arn)
    holds(answer["UserId"], ":CognitoIdentityCredentials")
    assert answer["UserId"].startswith("AROA")
    sts = client("sts", keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    holds(requests.get(url, timeout=10).text, f"<Arn>{arn}</Arn>")
    same(requests.get(url + "&Extra=1", timeout=10).status_code, 403)
    with at(61):
        holds(requests.get(url, timeout=10).text, "Signature expired")
    again = keys_for(chain, sign_in(chain)["IdToken"])
    same(who(again)["UserId"], answer["UserId"])
    bad = dict(keys, SecretKey="x" * 40)
    refused("SignatureDoesNotMatch", "signature", who, bad)
    refused("InvalidClientTokenId", "invalid", who, dict(keys, AccessKeyId="ASIA" + "A" * 16))
    refused("InvalidClientTokenId", "invalid", who, dict(keys, SessionToken="x"))
    sandbox.control("POST", "lifetimes", {"keys_seconds": 20})
    keys = keys_for(chain, token)
    sandbox.control("POST", "lifetimes", {"keys_seconds": 3600})
    who(keys)
    with at(21):
        refused("ExpiredToken", "expired", who, keys)


@check("boto3: logins that an identity pool refuses, in AWS's words")
def _():
    chain, other = sandbox.seed(), sandbox.seed()
    tokens = sign_in(chain)
    code = "NotAuthorizedException"
    get_id = lambda **logins: identity.get_id(
        IdentityPoolId=chain["identity_pool_id"], Logins=logins
    )
    name = chain["provider_name"]
    foreign = "Token is not from a supported provider of this identity pool."
    refused(code, foreign, get_id, **{other["provider_name"]: sign_in(other)["IdToken"]})
    refused(code, "Issuer doesn't match providerName", get_id, **{name: sign_in(other)["IdToken"]})
    refused(code, "Missing a required claim: aud", get_id, **{name: tokens["AccessToken"]})
    refused(code, "Invalid login token.", get_id, **{name: "garbage"})
    head, body, _ = tokens["IdToken"].split(".")
    refused(code, "Invalid login token.", get_id, **{name: f"{head}.{body}.AAAA"})
    refused(code, "Unauthenticated access is not supported", get_id)
    with at(3601):
        refused(code, "Invalid login token. Token expired: ", get_id, **{name: tokens["IdToken"]})
    second_client = sandbox.seed(
        user_pool_id=chain["user_pool_id"], user={"username": "bob"}, identity_pool=False
    )
    refused(code, foreign, get_id, **{name: sign_in(second_client)["IdToken"]})

    known = get_id(**{name: tokens["IdToken"]})["IdentityId"]
    same(get_id(**{name: sign_in(chain)["IdToken"]})["IdentityId"], known)
    refused(code, "forbidden", identity.get_credentials_for_identity, IdentityId=known)
    bob = sandbox.seed(
        user_pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        user={"username": "carol"},
        identity_pool=False,
    )
    refused(
        code,
        "Logins don't match.",
        identity.get_credentials_for_identity,
        IdentityId=known,
        Logins={name: sign_in(bob)["IdToken"]},
    )
    missing = f"{sandbox.region}:00000000-0000-0000-0000-000000000000"
    refused(
        "ResourceNotFoundException",
        "not found",
        identity.get_credentials_for_identity,
        IdentityId=missing,
    )


@check("boto3: roles: custom, preferred, ambiguous, guests, and a token that was revoked")
def _():
    role = lambda name: f"arn:aws:iam::{sandbox.account}:role/{name}"
    groups = [
        {"name": "ops", "role_arn": role("Ops"), "precedence": 1},
        {"name": "dev", "role_arn": role("Dev"), "precedence": 2},
        {"name": "too", "role_arn": role("Too"), "precedence": 1},
    ]
    chain = sandbox.seed(
        pool={"groups": groups},
        user={"groups": ["ops", "dev"]},
        identity_pool={"roles_from_token": True, "guest_role_arn": role("Guest")},
    )
    token = sign_in(chain)["IdToken"]
    holds(who(keys_for(chain, token))["Arn"], "/Ops/")
    holds(who(keys_for(chain, token, CustomRoleArn=role("Dev")))["Arn"], "/Dev/")
    code = "NotAuthorizedException"
    refused(code, "", keys_for, chain, token, CustomRoleArn=role("Admin"))
    admin.admin_add_user_to_group(
        UserPoolId=chain["user_pool_id"], Username=chain["username"], GroupName="too"
    )
    refused(code, "", keys_for, chain, sign_in(chain)["IdToken"])
    guest = identity.get_id(IdentityPoolId=chain["identity_pool_id"])["IdentityId"]
    keys = identity.get_credentials_for_identity(IdentityId=guest)["Credentials"]
    holds(who(keys)["Arn"], "/Guest/")

    plain = sandbox.seed(pool={"groups": groups}, user={"groups": ["ops"]})
    holds(who(keys_for(plain, sign_in(plain)["IdToken"]))["Arn"], "/Developer/")

    for check, outcome in [(True, "refused"), (False, "served")]:
        chain = sandbox.seed(identity_pool={"check_tokens": check})
        tokens = sign_in(chain)
        keys_for(chain, tokens["IdToken"])
        idp.revoke_token(ClientId=chain["client_id"], Token=tokens["RefreshToken"])
        if outcome == "refused":
            refused(code, "Invalid login token.", keys_for, chain, tokens["IdToken"])
        else:
            keys_for(chain, tokens["IdToken"])


@check("boto3: an administrator builds a chain by AWS's own operations")
def _():
    pool = admin.create_user_pool(PoolName="built")["UserPool"]["Id"]
    app = admin.create_user_pool_client(
        UserPoolId=pool,
        ClientName="app",
        GenerateSecret=True,
        IdTokenValidity=10,
        TokenValidityUnits={"IdToken": "minutes"},
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
    )["UserPoolClient"]
    described = admin.describe_user_pool_client(UserPoolId=pool, ClientId=app["ClientId"])
    same(described["UserPoolClient"]["ClientSecret"], app["ClientSecret"])
    same(described["UserPoolClient"]["RefreshTokenRotation"]["RetryGracePeriodSeconds"], 30)
    same(admin.describe_user_pool(UserPoolId=pool)["UserPool"]["Name"], "built")
    name = dict(UserPoolId=pool, Username="dora")
    made = admin.admin_create_user(**name, TemporaryPassword="Temp-Passw0rd1")["User"]
    same(made["UserStatus"], "FORCE_CHANGE_PASSWORD")
    same(sandbox.code_for("dora"), "Temp-Passw0rd1")
    refused("UsernameExistsException", "", admin.admin_create_user, **name)
    admin.admin_set_user_password(**name, Password="Real-Passw0rd1", Permanent=True)
    same(admin.admin_get_user(**name)["UserStatus"], "CONFIRMED")
    chain = {
        "user_pool_id": pool,
        "client_id": app["ClientId"],
        "client_secret": app["ClientSecret"],
        "username": "dora",
        "password": "Real-Passw0rd1",
        "provider_name": f"cognito-idp.{sandbox.region}.amazonaws.com/{pool}",
    }
    tokens = sign_in(chain)
    chain["identity_pool_id"] = identity_admin.create_identity_pool(
        IdentityPoolName="built",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[
            {"ProviderName": chain["provider_name"], "ClientId": chain["client_id"]}
        ],
    )["IdentityPoolId"]
    code = "InvalidIdentityPoolConfigurationException"
    refused(code, "Check assigned IAM roles", keys_for, chain, tokens["IdToken"])
    roles = {"authenticated": f"arn:aws:iam::{sandbox.account}:role/path/Built"}
    identity_admin.set_identity_pool_roles(IdentityPoolId=chain["identity_pool_id"], Roles=roles)
    same(
        identity_admin.get_identity_pool_roles(IdentityPoolId=chain["identity_pool_id"])["Roles"],
        roles,
    )
    holds(who(keys_for(chain, tokens["IdToken"]))["Arn"], "assumed-role/Built/")

    admin.admin_disable_user(**name)
    refused("NotAuthorizedException", "User is disabled.", sign_in, chain)
    admin.admin_enable_user(**name)
    sign_in(chain)
    admin.admin_user_global_sign_out(**name)
    refused(
        "NotAuthorizedException", "revoked", idp.get_user, AccessToken=tokens["AccessToken"]
    )
    admin.admin_reset_user_password(**name)
    refused("PasswordResetRequiredException", "Password reset required", sign_in, chain)
    admin.admin_delete_user(**name)
    refused("UserNotFoundException", "User does not exist.", sign_in, chain)
    refused("UserNotFoundException", "", admin.admin_get_user, **name)


@check("boto3: SignUp, ConfirmSignUp")
def _():
    chain = sandbox.seed(client={"secret": True})
    name = {"ClientId": chain["client_id"], "Username": "eve"}
    hashed = {**name, "SecretHash": secret_hash(chain, "eve")}
    sign_up = lambda **more: idp.sign_up(**hashed, Password="Eves-Passw0rd", **more)
    refused("NotAuthorizedException", "SECRET_HASH", idp.sign_up, **name, Password="Eves-Passw0rd")
    same(sign_up(UserAttributes=[{"Name": "email", "Value": "e@x.org"}])["UserConfirmed"], False)
    refused("UsernameExistsException", "", sign_up)
    eve = dict(chain, username="eve", password="Eves-Passw0rd")
    refused("UserNotConfirmedException", "User is not confirmed.", sign_in, eve)
    code = sandbox.code_for("eve")
    wrong = "000000" if code != "000000" else "000001"
    refused("CodeMismatchException", "", idp.confirm_sign_up, **hashed, ConfirmationCode=wrong)
    idp.confirm_sign_up(**hashed, ConfirmationCode=code)
    sign_in(eve)


@check("boto3: five wrong passwords, and then the right one must wait")
def _():
    chain = sandbox.seed()
    for _ in range(5):
        refused(*WRONG, srp(chain, "wrong").authenticate_user)
    refused("NotAuthorizedException", "Password attempts exceeded", sign_in, chain)
    with at(2):
        sign_in(chain)


@check("boto3: strangers are hidden, or named")
def _():
    hidden = sandbox.seed()
    refused(*WRONG, srp(hidden, username="nobody").authenticate_user)
    start = lambda chain: idp.initiate_auth(
        ClientId=chain["client_id"],
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "nobody", "SRP_A": "abcd"},
    )["ChallengeParameters"]
    same(start(hidden)["SALT"], start(hidden)["SALT"])
    named = sandbox.seed(client={"hide_strangers": False})
    refused("UserNotFoundException", "User does not exist.", start, named)


@check("boto3: sign-in by e-mail, where the user name is a UUID")
def _():
    chain = sandbox.seed(
        pool={"aws": {"UsernameAttributes": ["email"]}},
        client={"secret": True},
        user={"username": "frank@example.com"},
    )
    tokens = sign_in(chain)
    claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
    same(claims["cognito:username"], chain["sub"])
    same(claims["email"], "frank@example.com")


@check("boto3: faults on demand: throttled, cut, dropped before and after the effect")
def _():
    chain = sandbox.seed(client={"rotation_grace_seconds": 0})
    token = sign_in(chain)["RefreshToken"]

    def refresh():
        return idp.get_tokens_from_refresh_token(
            ClientId=chain["client_id"], RefreshToken=token
        )["AuthenticationResult"]

    operation = {"operation": "GetTokensFromRefreshToken"}
    code = "TooManyRequestsException"
    rules = [
        {**operation, "error": {"code": code}},
        {**operation, "drop": "before"},
        {**operation, "drop": "after"},
    ]
    sandbox.control("POST", "faults", rules)
    refused(code, "", refresh)
    for _ in range(2):
        try:
            refresh()
            raise AssertionError("answered")
        except HTTPClientError:
            pass
    refused("RefreshTokenReuseException", "", refresh)
    sandbox.control("DELETE", "faults")


@check("boto3: a server whose clock is wrong still talks sense")
def _():
    chain = sandbox.seed()
    sandbox.control("POST", "clock", {"date_skew_seconds": 7200})
    tokens = sign_in(chain)
    claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
    ahead = claims["iat"] - datetime.datetime.now().timestamp()
    assert 7100 < ahead < 7300, ahead
    keys = keys_for(chain, tokens["IdToken"])
    ahead = (keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 3600 + 7100 < ahead < 3600 + 7300, ahead
    date = who(keys)["ResponseMetadata"]["HTTPHeaders"]["date"]
    sandbox.control("POST", "clock", {"date_skew_seconds": 0})
    assert date != who(keys)["ResponseMetadata"]["HTTPHeaders"]["date"]


@check("boto3: with the issuer on this machine, both names of the provider work")
def _():
    chain = based.seed()
    here = client("cognito-idp", where=based)
    token = srp(chain, where=here).authenticate_user()["AuthenticationResult"]["IdToken"]
    pools = client("cognito-identity", where=based)
    names = [chain["provider_name"], chain["issuer"].removeprefix("http://")]
    get_id = lambda name: pools.get_id(
        IdentityPoolId=chain["identity_pool_id"], Logins={name: token}
    )
    same(get_id(names[0])["IdentityId"], get_id(names[1])["IdentityId"])
    refused("NotAuthorizedException", "supported provider", get_id, "127.0.0.1/us-east-1_x")


@check("boto3: bad requests get AWS's errors")
def _():
    def send(target, body, **headers):
        answer = requests.post(
            sandbox.url, data=body, headers={"X-Amz-Target": target, **headers}, timeout=10
        )
        assert answer.headers["x-amzn-requestid"] and answer.headers["date"]
        same(answer.headers["content-type"], "application/x-amz-json-1.1")
        kind = answer.json()["__type"]
        same(answer.headers["x-amzn-errortype"], kind + ":")
        return answer.status_code, kind

    prefix = "AWSCognitoIdentityProviderService."
    same(send(prefix + "InitiateAuth", b"{"), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b"[]"), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b'{"ClientId":5}'), (400, "SerializationException"))
    same(send(prefix + "InitiateAuth", b"{}"), (400, "InvalidParameterException"))
    same(send(prefix + "InitiateAuth", b"x" * 300_000), (413, "SerializationException"))
    same(send(prefix + "Nonsense", b"{}"), (400, "UnknownOperationException"))
    same(send("Other.InitiateAuth", b"{}"), (400, "UnknownOperationException"))
    admin_call = (400, "MissingAuthenticationTokenException")
    same(send(prefix + "AdminGetUser", b"{}"), admin_call)
    deep = b'{"ClientId":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    same(send(prefix + "InitiateAuth", deep), (400, "SerializationException"))
    same(requests.get(sandbox.url + "/_sandbox/minted", timeout=10).status_code, 403)


tally.end()
