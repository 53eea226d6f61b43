"""Accounts by the AWS CLI: signed up, confirmed, shown, with other passwords."""

import json

from bench import another, same
from cli.common import ADMIN, aws, check, sandbox

PASSWORD = "Pias-Passw0rd"
made = {}


def idp(operation, **options):
    """`idp("sign-up", client_id=…)`: an operation's options by their names, without dashes."""
    keys, fails = options.pop("keys", None), options.pop("fails", None)
    words = []
    for name, value in options.items():
        words.append("--" + name.replace("_", "-"))
        words.extend(value if isinstance(value, list) else [value])
    return aws("cognito-idp", operation, *words, keys=keys, fails=fails)


def sign_in(chain, password=None, username=None, **more):
    parameters = {
        "USERNAME": username or chain["username"],
        "PASSWORD": password or chain["password"],
    }
    return idp(
        "initiate-auth",
        client_id=chain["client_id"],
        auth_flow="USER_PASSWORD_AUTH",
        auth_parameters=json.dumps(parameters),
        **more,
    )


def mine():
    return {"client_id": made["chain"]["client_id"], "username": "pia"}


@check("sign-up, resend-confirmation-code, confirm-sign-up")
def _():
    made["chain"] = sandbox.seed(pool={"aws": {"AutoVerifiedAttributes": ["email"]}})
    person = dict(mine(), user_attributes="Name=email,Value=pia@example.com")
    idp("sign-up", **person, password="short1", fails="InvalidPasswordException")
    same(idp("sign-up", **person, password=PASSWORD)["UserConfirmed"], False)
    idp("sign-up", **person, password=PASSWORD, fails="UsernameExistsException")
    sign_in(made["chain"], PASSWORD, "pia", fails="UserNotConfirmedException")
    sent = idp("resend-confirmation-code", **mine())["CodeDeliveryDetails"]
    same((sent["AttributeName"], sent["DeliveryMedium"]), ("email", "EMAIL"))
    code = sandbox.code_for("pia")
    wrong = another(code)
    idp("confirm-sign-up", **mine(), confirmation_code=wrong, fails="CodeMismatchException")
    idp("confirm-sign-up", **mine(), confirmation_code=code)
    idp("resend-confirmation-code", **mine(), fails="User is already confirmed.")
    made["token"] = sign_in(made["chain"], PASSWORD, "pia")["AuthenticationResult"]["AccessToken"]


@check("get-user, get-user-attribute-verification-code, verify-user-attribute")
def _():
    token = {"access_token": made["token"]}
    user = idp("get-user", **token)
    same(user["Username"], "pia")
    idp("get-user", access_token="x.y.z", fails="Invalid Access Token")
    idp("get-user-attribute-verification-code", **token, attribute_name="email")
    idp(
        "get-user-attribute-verification-code",
        **token,
        attribute_name="phone_number",
        fails="InvalidParameterException",
    )
    code = sandbox.code_for("pia")
    verify = lambda code, **more: idp(
        "verify-user-attribute", **token, attribute_name="email", code=code, **more
    )
    verify(another(code), fails="CodeMismatchException")
    verify(code)


@check("change-password, forgot-password, confirm-forgot-password")
def _():
    change = lambda old, new, **more: idp(
        "change-password",
        access_token=made["token"],
        previous_password=old,
        proposed_password=new,
        **more,
    )
    change("Wrong-Passw0rd1", "Other-Passw0rd1", fails="Incorrect username or password.")
    change(PASSWORD, "short1", fails="InvalidPasswordException")
    change(PASSWORD, "Other-Passw0rd1")
    sign_in(made["chain"], PASSWORD, "pia", fails="Incorrect username or password.")
    sent = idp("forgot-password", **mine())["CodeDeliveryDetails"]
    same(sent["DeliveryMedium"], "EMAIL")
    code = sandbox.code_for("pia")
    reset = lambda code, password, **more: idp(
        "confirm-forgot-password", **mine(), confirmation_code=code, password=password, **more
    )
    reset(another(code), "Third-Passw0rd1", fails="CodeMismatchException")
    reset(code, "Third-Passw0rd1")
    sign_in(made["chain"], "Third-Passw0rd1", "pia")


@check("an administrator: admin-create-user, admin-confirm-sign-up, admin-initiate-auth")
def _():
    chain = made["chain"]
    pool = {"user_pool_id": chain["user_pool_id"], "keys": ADMIN}
    idp("sign-up", client_id=chain["client_id"], username="rex", password=PASSWORD)
    idp("admin-confirm-sign-up", **pool, username="rex")
    idp("admin-confirm-sign-up", **pool, username="rex", fails="Current status is CONFIRMED")
    idp("admin-confirm-sign-up", **pool, username="none", fails="UserNotFoundException")
    idp("admin-create-user", **pool, username="sue", temporary_password="Temp-Passw0rd1")
    client = dict(pool, client_id=chain["client_id"], auth_flow="ADMIN_USER_PASSWORD_AUTH")
    asked = idp(
        "admin-initiate-auth", **client, auth_parameters="USERNAME=sue,PASSWORD=Temp-Passw0rd1"
    )
    same(asked["ChallengeName"], "NEW_PASSWORD_REQUIRED")
    respond = lambda password, **more: idp(
        "admin-respond-to-auth-challenge",
        **dict(pool, client_id=chain["client_id"], **more),
        challenge_name="NEW_PASSWORD_REQUIRED",
        challenge_responses=f"USERNAME=sue,NEW_PASSWORD={password}",
        session=asked["Session"],
    )
    respond("short1", fails="InvalidPasswordException")
    assert respond("Sues-Passw0rd")["AuthenticationResult"]["IdToken"]
    answer = {"challenge_responses": "USERNAME=sue,NEW_PASSWORD=Sues-Passw0rd"}
    idp(
        "admin-respond-to-auth-challenge",
        **dict(pool, client_id=chain["client_id"], **answer),
        challenge_name="NEW_PASSWORD_REQUIRED",
        session=asked["Session"],
        fails="Invalid session",
    )
