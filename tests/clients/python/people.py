"""What people do about their own accounts: sign up, confirm, forget and change passwords."""

from bench import another, same
from python.common import (
    WRONG,
    admin,
    at,
    idp,
    masked,
    password_auth,
    refused,
    sandbox,
    secret_hash,
    sign_in,
    tally,
)

check = tally.check
MISMATCH = ("CodeMismatchException", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")
VERIFIES_EMAIL = {"AutoVerifiedAttributes": ["email"]}
HOUR = 3600


def attributes(access_token):
    user = idp.get_user(AccessToken=access_token)
    return {a["Name"]: a["Value"] for a in user["UserAttributes"]}


@check("boto3: sign-up: where the code went, another code, a wrong one, the right one")
def _():
    chain = sandbox.seed(pool={"aws": VERIFIES_EMAIL})
    name = {"ClientId": chain["client_id"], "Username": "ivy"}
    person = dict(
        name,
        Password="Ivys-Passw0rd",
        UserAttributes=[{"Name": "email", "Value": "ivy@example.com"}],
    )
    signed_up = idp.sign_up(**person)
    same(signed_up["UserConfirmed"], False)
    delivery = signed_up["CodeDeliveryDetails"]
    same((delivery["AttributeName"], delivery["DeliveryMedium"]), ("email", "EMAIL"))
    masked(delivery["Destination"], "ivy@example.com")
    sent = sandbox.message_for("ivy")
    same((sent["to"], sent["medium"], sent["purpose"]), ("ivy@example.com", "email", "sign_up"))
    same(sent["pool"], chain["user_pool_id"])
    assert len(sent["code"]) == 6 and sent["code"].isdigit(), sent
    refused("UsernameExistsException", "already exists", idp.sign_up, **person)

    again = idp.resend_confirmation_code(**name)["CodeDeliveryDetails"]
    same(again, delivery)
    sent = sandbox.message_for("ivy")
    same(sent["purpose"], "resend")
    confirm = lambda code: idp.confirm_sign_up(**name, ConfirmationCode=code)
    refused(*MISMATCH, confirm, another(sent["code"]))
    ivy = dict(chain, username="ivy", password="Ivys-Passw0rd")
    refused("UserNotConfirmedException", "User is not confirmed.", sign_in, ivy)
    confirm(sent["code"])
    told = attributes(sign_in(ivy)["AccessToken"])
    same((told["email"], told["email_verified"]), ("ivy@example.com", "true"))
    same(told["sub"], signed_up["UserSub"])
    code = "NotAuthorizedException"
    refused(code, "Current status is CONFIRMED", confirm, sent["code"])
    code = "InvalidParameterException"
    refused(code, "User is already confirmed.", idp.resend_confirmation_code, **name)


@check("boto3: a code for a new account is good for a day")
def _():
    kim = {"username": "kim", "unconfirmed": True}
    chain = sandbox.seed(pool={"aws": VERIFIES_EMAIL}, user=kim)
    name = {"ClientId": chain["client_id"], "Username": "kim"}
    idp.resend_confirmation_code(**name)
    code = sandbox.code_for("kim")
    with at(24 * HOUR + 1):
        refused(*EXPIRED, idp.confirm_sign_up, **name, ConfirmationCode=code)
    with at(23 * HOUR):
        idp.confirm_sign_up(**name, ConfirmationCode=code)
    sign_in(dict(chain, username="kim"))


@check("boto3: what sign-up refuses: passwords, attributes, and where only administrators may")
def _():
    schema = [{"Name": "email", "Required": True, "AttributeDataType": "String"}]
    chain = sandbox.seed(pool={"aws": {"Schema": schema}})
    email = [{"Name": "email", "Value": "joe@example.com"}]
    sign_up = lambda password, attributes=email, chain=chain: idp.sign_up(
        ClientId=chain["client_id"], Username="joe", Password=password, UserAttributes=attributes
    )
    code = "InvalidPasswordException"
    refused(code, "Password did not conform with policy: ", sign_up, "Aa1!")
    refused(code, "Password not long enough", sign_up, "Aa1!")
    refused(code, "uppercase", sign_up, "passw0rd-passw0rd")
    refused(code, "lowercase", sign_up, "PASSW0RD-PASSW0RD")
    refused(code, "numeric", sign_up, "Password-Password")
    refused(code, "symbol", sign_up, "Passw0rdPassw0rd")
    refused("InvalidParameterException", "email", sign_up, "Joes-Passw0rd", [])
    closed = sandbox.seed(
        pool={"aws": {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}}
    )
    code = "NotAuthorizedException"
    refused(code, "SignUp is not permitted", sign_up, "Joes-Passw0rd", chain=closed)
    sign_up("Joes-Passw0rd")


@check("boto3: an administrator confirms a new user without a code")
def _():
    chain = sandbox.seed()
    name = {"UserPoolId": chain["user_pool_id"], "Username": "lea"}
    idp.sign_up(ClientId=chain["client_id"], Username="lea", Password="Leas-Passw0rd")
    refused("UnrecognizedClientException", "", idp.admin_confirm_sign_up, **name)
    admin.admin_confirm_sign_up(**name)
    sign_in(dict(chain, username="lea", password="Leas-Passw0rd"))
    code = "NotAuthorizedException"
    refused(code, "Current status is CONFIRMED", admin.admin_confirm_sign_up, **name)


@check("boto3: a forgotten password")
def _():
    chain = sandbox.seed(client={"secret": True})
    name = dict(
        ClientId=chain["client_id"], Username=chain["username"], SecretHash=secret_hash(chain)
    )
    delivery = idp.forgot_password(**name)["CodeDeliveryDetails"]
    same((delivery["AttributeName"], delivery["DeliveryMedium"]), ("email", "EMAIL"))
    masked(delivery["Destination"], "alice@example.com")
    sent = sandbox.message_for("alice")
    same((sent["to"], sent["purpose"]), ("alice@example.com", "forgot_password"))
    sign_in(chain)
    reset = lambda code, password: idp.confirm_forgot_password(
        **name, ConfirmationCode=code, Password=password
    )
    refused(*MISMATCH, reset, another(sent["code"]), "Other-Passw0rd1")
    refused("InvalidPasswordException", "not long enough", reset, sent["code"], "Aa1!")
    reset(sent["code"], "Other-Passw0rd1")
    sign_in(dict(chain, password="Other-Passw0rd1"))
    hashed = {"SECRET_HASH": secret_hash(chain)}
    refused(*WRONG, password_auth, chain, **hashed)
    refused(EXPIRED[0], "", reset, sent["code"], "Third-Passw0rd1")

    idp.forgot_password(**name)
    code = sandbox.code_for("alice")
    with at(HOUR + 1):
        refused(*EXPIRED, reset, code, "Third-Passw0rd1")
    with at(HOUR - 60):
        reset(code, "Third-Passw0rd1")
    no_hash = {"ClientId": chain["client_id"], "Username": chain["username"]}
    refused("NotAuthorizedException", "SECRET_HASH", idp.forgot_password, **no_hash)


@check("boto3: who may have a new password: the unverified, the new, the strangers")
def _():
    chain = sandbox.seed(client={"hide_strangers": False})
    forgot = lambda username, chain=chain: idp.forgot_password(
        ClientId=chain["client_id"], Username=username
    )
    bare = {"UserPoolId": chain["user_pool_id"], "Username": "mona"}
    admin.admin_create_user(**bare, TemporaryPassword="Temp-Passw0rd1")
    code = "NotAuthorizedException"
    refused(code, "User password cannot be reset in the current state.", forgot, "mona")
    admin.admin_set_user_password(**bare, Password="Real-Passw0rd1", Permanent=True)
    text = "no registered/verified email or phone_number"
    refused("InvalidParameterException", text, forgot, "mona")
    refused("UserNotFoundException", "", forgot, "nobody")

    hidden = sandbox.seed()
    assert forgot("nobody", hidden)["CodeDeliveryDetails"]["Destination"]
    stranger = dict(
        ClientId=hidden["client_id"],
        Username="nobody",
        ConfirmationCode="123456",
        Password="Other-Passw0rd1",
    )
    refused("CodeMismatchException", "", idp.confirm_forgot_password, **stranger)
    name = {"ClientId": hidden["client_id"], "Username": "nobody"}
    assert idp.resend_confirmation_code(**name)["CodeDeliveryDetails"]["Destination"]
    refused("ExpiredCodeException", "", idp.confirm_sign_up, **name, ConfirmationCode="123456")


@check("boto3: a password that an administrator has reset")
def _():
    chain = sandbox.seed()
    admin.admin_reset_user_password(
        UserPoolId=chain["user_pool_id"], Username=chain["username"]
    )
    refused("PasswordResetRequiredException", "Password reset required", sign_in, chain)
    sent = sandbox.message_for("alice")
    same(sent["purpose"], "admin_reset")
    idp.confirm_forgot_password(
        ClientId=chain["client_id"],
        Username=chain["username"],
        ConfirmationCode=sent["code"],
        Password="Other-Passw0rd1",
    )
    sign_in(dict(chain, password="Other-Passw0rd1"))


@check("boto3: another password in the old one's place")
def _():
    chain = sandbox.seed()
    token = sign_in(chain)["AccessToken"]
    change = lambda old, new, token=token: idp.change_password(
        AccessToken=token, PreviousPassword=old, ProposedPassword=new
    )
    refused(*WRONG, change, "Wrong-Passw0rd1", "Other-Passw0rd1")
    refused("InvalidPasswordException", "not long enough", change, chain["password"], "Aa1!")
    other = "Other-Passw0rd1"
    refused("NotAuthorizedException", "Invalid Access Token", change, chain["password"], other, "x")
    change(chain["password"], other)
    refused(*WRONG, password_auth, chain)
    password_auth(chain, other)


@check("boto3: guessing passwords by changing them ends in the limit")
def _():
    chain = sandbox.seed()
    token = sign_in(chain)["AccessToken"]
    change = lambda old: idp.change_password(
        AccessToken=token, PreviousPassword=old, ProposedPassword="Other-Passw0rd1"
    )
    for _ in range(30):
        try:
            refused(*WRONG, change, "Wrong-Passw0rd1")
        except AssertionError:
            break
    limits = ("LimitExceededException", "NotAuthorizedException", "TooManyRequestsException")
    refused(limits, "ttempt", change, chain["password"])


@check("boto3: guessing codes for a forgotten password ends in the limit")
def _():
    chain = sandbox.seed()
    name = {"ClientId": chain["client_id"], "Username": chain["username"]}
    idp.forgot_password(**name)
    code = sandbox.code_for("alice")
    reset = lambda code: idp.confirm_forgot_password(
        **name, ConfirmationCode=code, Password="Other-Passw0rd1"
    )
    for _ in range(30):
        try:
            refused(*MISMATCH, reset, another(code))
        except AssertionError:
            break
    limits = ("LimitExceededException", "TooManyFailedAttemptsException")
    refused(limits, "ttempt", reset, code)
    with at(2 * HOUR):
        idp.forgot_password(**name)
        reset(sandbox.code_for("alice"))


@check("boto3: an address is proven by a code")
def _():
    chain = sandbox.seed()
    other = sign_in(chain)["AccessToken"]
    idp.sign_up(
        ClientId=chain["client_id"],
        Username="nora",
        Password="Noras-Passw0rd",
        UserAttributes=[{"Name": "phone_number", "Value": "+15550100"}],
    )
    admin.admin_confirm_sign_up(UserPoolId=chain["user_pool_id"], Username="nora")
    token = sign_in(dict(chain, username="nora", password="Noras-Passw0rd"))["AccessToken"]
    delivery = idp.get_user_attribute_verification_code(
        AccessToken=token, AttributeName="phone_number"
    )["CodeDeliveryDetails"]
    same((delivery["AttributeName"], delivery["DeliveryMedium"]), ("phone_number", "SMS"))
    masked(delivery["Destination"], "+15550100")
    sent = sandbox.message_for("nora")
    same((sent["to"], sent["medium"], sent["purpose"]), ("+15550100", "sms", "verify_attribute"))
    verify = lambda code, token=token: idp.verify_user_attribute(
        AccessToken=token, AttributeName="phone_number", Code=code
    )
    refused(*MISMATCH, verify, another(sent["code"]))
    refused(("CodeMismatchException", "ExpiredCodeException"), "", verify, sent["code"], other)
    same(attributes(token).get("phone_number_verified", "false"), "false")
    verify(sent["code"])
    same(attributes(token)["phone_number_verified"], "true")
    bare = dict(AccessToken=other, AttributeName="phone_number")
    refused("InvalidParameterException", "", idp.get_user_attribute_verification_code, **bare)
    wrong = dict(AccessToken="x", AttributeName="phone_number")
    refused("NotAuthorizedException", "", idp.get_user_attribute_verification_code, **wrong)
