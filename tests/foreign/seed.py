"""Sets up ministack for the tests and prints what it made as one line of JSON."""

import json
import sys

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
for name in ["ada@example.com", "disabled@example.com", "new@example.com"]:
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
            "username": "ada@example.com",
            "password": PASSWORD,
            "identity_pool_id": identity_pool,
            "role_arn": role,
        }
    )
)
