"""What administrators and users do to accounts."""

import jwt

from bench import holds, same
from python.common import (
    WRONG,
    admin,
    at,
    identity_admin,
    idp,
    keys_for,
    refused,
    sandbox,
    secret_hash,
    sign_in,
    srp,
    tally,
    who,
)

check = tally.check


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
    email = [
        {"Name": "email", "Value": "dora@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    made = admin.admin_create_user(
        **name, TemporaryPassword="Temp-Passw0rd1", UserAttributes=email
    )["User"]
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
