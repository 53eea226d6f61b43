"""Tokens: claims and keys, refresh, rotation, revocation."""

import jwt
from pycognito import Cognito

from bench import same
from python.common import (
    WRONG,
    at,
    based,
    client,
    idp,
    refused,
    sandbox,
    secret_hash,
    sign_in,
    srp,
    tally,
)

check = tally.check


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
    refused(*WRONG, user.change_password, "wrong", "Other-Passw0rd1")
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
    other = sandbox.seed(
        user_pool_id=chain["user_pool_id"], user={"username": "bob"}, identity_pool=False
    )
    client = {"ClientId": other["client_id"], "RefreshToken": token}
    invalid = ("NotAuthorizedException", "Invalid Refresh Token.")
    refused(*invalid, idp.get_tokens_from_refresh_token, **client)


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
    refused(code, "Invalid Access Token", idp.get_user, AccessToken=other["IdToken"])
    refused(code, "Invalid Access Token", idp.get_user, AccessToken="a.b.c")
    refresh(other)
    idp.global_sign_out(AccessToken=other["AccessToken"])
    refused(code, "Refresh Token has been revoked", refresh, other)
    revoke["Token"] = tokens["IdToken"]
    refused("UnsupportedTokenTypeException", "", idp.revoke_token, **revoke)
    stubborn = sandbox.seed(client={"revocation": False})
    revoke = dict(ClientId=stubborn["client_id"], Token=sign_in(stubborn)["RefreshToken"])
    refused("UnsupportedOperationException", "", idp.revoke_token, **revoke)
