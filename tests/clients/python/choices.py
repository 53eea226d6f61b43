"""Sign-ins whose first step is chosen (USER_AUTH) or the pool's own (CUSTOM_AUTH)."""

from pycognito.aws_srp import long_to_hex

from bench import another, same
from python.common import (
    WRONG,
    at,
    masked,
    refused,
    respond,
    sandbox,
    srp,
    start,
    tally,
)

check = tally.check
MISMATCH = "CodeMismatchException"
INVALID = ("NotAuthorizedException", "Invalid session")
WAYS = ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "SMS_OTP"]


def with_ways(**more):
    return sandbox.seed(
        pool={"first_factors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]},
        client={"flows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], **more},
        user={"phone": "+15550123"},
    )


@check("boto3: USER_AUTH: the ways are told, and each works")
def _():
    chain = with_ways()
    asked = start(chain, "USER_AUTH")
    same(asked["ChallengeName"], "SELECT_CHALLENGE")
    same(sorted(asked["AvailableChallenges"]), WAYS)

    chosen = respond(chain, asked, ANSWER="EMAIL_OTP")
    same(chosen["ChallengeName"], "EMAIL_OTP")
    masked(chosen["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "alice@example.com")
    sent = sandbox.message_for("alice")
    same((sent["to"], sent["purpose"]), ("alice@example.com", "EMAIL_OTP"))
    answer = lambda code: respond(chain, chosen, EMAIL_OTP_CODE=code)
    refused(MISMATCH, "", answer, another(sent["code"]))
    assert answer(sent["code"])["AuthenticationResult"]["IdToken"]
    refused(*INVALID, answer, sent["code"])

    chosen = respond(chain, start(chain, "USER_AUTH"), ANSWER="SMS_OTP")
    same(chosen["ChallengeName"], "SMS_OTP")
    masked(chosen["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"], "+15550123")
    sent = sandbox.message_for("alice")
    same((sent["to"], sent["medium"], sent["purpose"]), ("+15550123", "sms", "SMS_OTP"))
    with at(181):
        refused(
            "NotAuthorizedException", "expired", respond, chain, chosen, SMS_OTP_CODE=sent["code"]
        )
    chosen = respond(chain, start(chain, "USER_AUTH"), ANSWER="SMS_OTP")
    done = respond(chain, chosen, SMS_OTP_CODE=sandbox.code_for("alice"))
    assert done["AuthenticationResult"]["RefreshToken"]

    password = lambda text: respond(
        chain, start(chain, "USER_AUTH"), ANSWER="PASSWORD", PASSWORD=text
    )
    refused(*WRONG, password, "wrong")
    assert password(chain["password"])["AuthenticationResult"]["IdToken"]
    code = ("InvalidParameterException", "NotAuthorizedException")
    refused(code, "", respond, chain, start(chain, "USER_AUTH"), ANSWER="NONSENSE")


@check("boto3, pycognito: USER_AUTH with SRP, chosen and preferred")
def _():
    for secret in [False, True]:
        chain = with_ways(secret=secret)

        def by_srp(password, preferred):
            helper = srp(chain, password)
            big_a = long_to_hex(helper.large_a_value)
            if preferred:
                asked = start(chain, "USER_AUTH", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=big_a)
            else:
                asked = start(chain, "USER_AUTH")
                asked = respond(chain, asked, ANSWER="PASSWORD_SRP", SRP_A=big_a)
            same(asked["ChallengeName"], "PASSWORD_VERIFIER")
            proof = helper.process_challenge(asked["ChallengeParameters"], helper.get_auth_params())
            return respond(chain, asked, **proof)

        for preferred in [False, True]:
            refused(*WRONG, by_srp, "wrong", preferred)
            assert by_srp(None, preferred)["AuthenticationResult"]["IdToken"]


@check("boto3: USER_AUTH with the preferred way, and one that the user does not have")
def _():
    chain = with_ways()
    prefer = lambda way, **more: start(chain, "USER_AUTH", PREFERRED_CHALLENGE=way, **more)
    asked = prefer("EMAIL_OTP")
    same(asked["ChallengeName"], "EMAIL_OTP")
    done = respond(chain, asked, EMAIL_OTP_CODE=sandbox.code_for("alice"))
    assert done["AuthenticationResult"]["IdToken"]
    refused(*WRONG, prefer, "PASSWORD", PASSWORD="wrong")
    assert prefer("PASSWORD", PASSWORD=chain["password"])["AuthenticationResult"]["IdToken"]

    bare = sandbox.seed(
        pool={"first_factors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]},
        client={"flows": ["ALLOW_USER_AUTH"]},
    )
    asked = start(bare, "USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP")
    same(asked["ChallengeName"], "SELECT_CHALLENGE")
    assert "SMS_OTP" not in asked["AvailableChallenges"], asked
    only = sandbox.seed(
        pool={"first_factors": ["PASSWORD"]}, client={"flows": ["ALLOW_USER_AUTH"]}
    )
    same(sorted(start(only, "USER_AUTH")["AvailableChallenges"]), ["PASSWORD", "PASSWORD_SRP"])


@check("boto3: USER_AUTH: sessions are for their user, and the client must allow it")
def _():
    chain = with_ways()
    bob = sandbox.seed(
        user_pool_id=chain["user_pool_id"],
        client_id=chain["client_id"],
        user={"username": "bob"},
        identity_pool=False,
    )
    bobs = start(bob, "USER_AUTH")
    refused(*INVALID, respond, chain, bobs, ANSWER="EMAIL_OTP")
    chosen = respond(chain, start(chain, "USER_AUTH"), ANSWER="EMAIL_OTP")
    code = sandbox.code_for("alice")
    mine = dict(chosen, Session=bobs["Session"])
    refused(*INVALID, respond, chain, mine, EMAIL_OTP_CODE=code)
    closed = sandbox.seed(client={"flows": ["ALLOW_USER_SRP_AUTH"]})
    refused("InvalidParameterException", "USER_AUTH", start, closed, "USER_AUTH")


def with_rounds(*rounds, **more):
    return sandbox.seed(
        pool={"custom": list(rounds), **more},
        client={"flows": ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
    )


FIRST = {"parameters": {"question": "The colour of the house?"}, "answer": "green"}
SECOND = {"parameters": {"question": "How many windows?", "hint": "odd"}, "answer": "seven"}


def guess(chain, asked):
    """Gives wrong answers; whether the pool asks once more is up to it, but not for ever."""
    for _ in range(5):
        question = asked["ChallengeParameters"]["question"]
        asked = respond(chain, asked, ANSWER="blue")
        same(asked["ChallengeName"], "CUSTOM_CHALLENGE")
        same(asked["ChallengeParameters"]["question"], question)
    raise AssertionError("five wrong answers, and still no end")


@check("boto3: CUSTOM_AUTH: the pool's questions are shown; wrong and right answers")
def _():
    chain = with_rounds(FIRST, SECOND)
    asked = start(chain, "CUSTOM_AUTH")
    same(asked["ChallengeName"], "CUSTOM_CHALLENGE")
    same(asked["ChallengeParameters"]["question"], "The colour of the house?")
    assert "green" not in str(asked), asked
    refused("NotAuthorizedException", "", guess, chain, asked)
    asked = start(chain, "CUSTOM_AUTH")
    first = asked
    asked = respond(chain, asked, ANSWER="green")
    same(asked["ChallengeParameters"]["question"], "How many windows?")
    same(asked["ChallengeParameters"]["hint"], "odd")
    refused(*INVALID, respond, chain, first, ANSWER="green")
    done = respond(chain, asked, ANSWER="seven")
    assert done["AuthenticationResult"]["RefreshToken"]
    asked = start(chain, "CUSTOM_AUTH")
    with at(181):
        refused("NotAuthorizedException", "expired", respond, chain, asked, ANSWER="green")


@check("boto3, pycognito: CUSTOM_AUTH with SRP first")
def _():
    chain = with_rounds(SECOND)

    def after_srp(password=None):
        helper = srp(chain, password)
        parameters = {**helper.get_auth_params(), "CHALLENGE_NAME": "SRP_A"}
        parameters.pop("USERNAME")
        asked = start(chain, "CUSTOM_AUTH", **parameters)
        same(asked["ChallengeName"], "PASSWORD_VERIFIER")
        proof = helper.process_challenge(asked["ChallengeParameters"], helper.get_auth_params())
        return respond(chain, asked, **proof)

    refused(*WRONG, after_srp, "wrong")
    asked = after_srp()
    same(asked["ChallengeName"], "CUSTOM_CHALLENGE")
    same(asked["ChallengeParameters"]["question"], "How many windows?")
    assert respond(chain, asked, ANSWER="seven")["AuthenticationResult"]["IdToken"]
    closed = sandbox.seed(client={"flows": ["ALLOW_USER_SRP_AUTH"]})
    refused("InvalidParameterException", "CUSTOM_AUTH", start, closed, "CUSTOM_AUTH")
