"""Sets up ministack for the tests and prints what it made as one line of JSON."""

import io
import json
import sys
import zipfile

import boto3

URL, REGION = sys.argv[1], "us-east-1"
PASSWORD = "Correct-horse-7!"


def client(service):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


idp, pools, iam = client("cognito-idp"), client("cognito-identity"), client("iam")

pool = idp.create_user_pool(
    PoolName="people",
    UsernameAttributes=["email"],
)["UserPool"]["Id"]
flows = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


def app(**more):
    return idp.create_user_pool_client(
        UserPoolId=pool, ClientName="desktop", ExplicitAuthFlows=flows, **more
    )["UserPoolClient"]


public, private = app(), app(GenerateSecret=True)
for name in ["ada", "disabled", "new", "fay", "will"]:
    name += "@example.com"
    idp.admin_create_user(
        UserPoolId=pool,
        Username=name,
        TemporaryPassword=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}],
    )
    if not name.startswith("new"):
        idp.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
        )
idp.admin_disable_user(UserPoolId=pool, Username="disabled@example.com")

# A pool with authenticator apps, and with a question of its own.
TRIGGERS = """
def handler(event, _):
    asked, response = event["request"].get("session") or [], event["response"]
    if event["triggerSource"].startswith("Define"):
        custom = [one for one in asked if one["challengeName"] == "CUSTOM_CHALLENGE"]
        if asked and asked[-1]["challengeName"] == "SRP_A":
            response.update(challengeName="PASSWORD_VERIFIER")
        elif custom and custom[-1]["challengeResult"]:
            response.update(issueTokens=True)
        elif len(custom) >= 3 or asked and not custom and not asked[-1]["challengeResult"]:
            response.update(failAuthentication=True)
        else:
            response.update(challengeName="CUSTOM_CHALLENGE")
    elif event["triggerSource"].startswith("Create"):
        response.update(
            publicChallengeParameters={"question": "The colour of the house?"},
            privateChallengeParameters={"answer": "green"},
        )
    else:
        right = event["request"]["privateChallengeParameters"]["answer"]
        response.update(answerCorrect=event["request"]["challengeAnswer"] == right)
    return event
"""
runs_lambda = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
triggers_role = iam.create_role(
    RoleName="Triggers",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [runs_lambda]}),
)["Role"]["Arn"]
package = io.BytesIO()
with zipfile.ZipFile(package, "w") as archive:
    archive.writestr("triggers.py", TRIGGERS)
triggers = client("lambda").create_function(
    FunctionName="triggers",
    Runtime="python3.12",
    Handler="triggers.handler",
    Role=triggers_role,
    Code={"ZipFile": package.getvalue()},
)["FunctionArn"]
guarded = idp.create_user_pool(
    PoolName="guarded",
    LambdaConfig={
        "DefineAuthChallenge": triggers,
        "CreateAuthChallenge": triggers,
        "VerifyAuthChallengeResponse": triggers,
    },
)["UserPool"]["Id"]
idp.set_user_pool_mfa_config(
    UserPoolId=guarded,
    SoftwareTokenMfaConfiguration={"Enabled": True},
    MfaConfiguration="OPTIONAL",
)
guarded_client = idp.create_user_pool_client(
    UserPoolId=guarded, ClientName="desktop", ExplicitAuthFlows=[*flows, "ALLOW_CUSTOM_AUTH"]
)["UserPoolClient"]["ClientId"]
for name in ["tess", "cora"]:
    idp.admin_create_user(UserPoolId=guarded, Username=name, TemporaryPassword=PASSWORD)
    idp.admin_set_user_password(
        UserPoolId=guarded, Username=name, Password=PASSWORD, Permanent=True
    )

provider = f"cognito-idp.{REGION}.amazonaws.com/{pool}"
identity_pool = pools.create_identity_pool(
    IdentityPoolName="keys",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[
        {"ProviderName": provider, "ClientId": app["ClientId"]} for app in (public, private)
    ],
)["IdentityPoolId"]
role = iam.create_role(
    RoleName="Developer",
    AssumeRolePolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool}
                    },
                }
            ],
        }
    ),
)["Role"]["Arn"]
pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": role})

print(
    json.dumps(
        {
            "url": URL,
            "user_pool_id": pool,
            "client_id": public["ClientId"],
            "private_client_id": private["ClientId"],
            "client_secret": private["ClientSecret"],
            "guarded_pool_id": guarded,
            "guarded_client_id": guarded_client,
            "username": "ada@example.com",
            "password": PASSWORD,
            "identity_pool_id": identity_pool,
            "role_arn": role,
        }
    )
)
