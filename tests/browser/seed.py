"""Sets up ministack's hosted UI and prints what it made as one line of JSON.

usage: seed.py URL CALLBACK...
"""

import json
import sys

import boto3

URL, CALLBACKS, REGION = sys.argv[1], sys.argv[2:], "us-east-1"
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
    PoolName="people", UsernameAttributes=["email"]
)["UserPool"]["Id"]
idp.create_user_pool_domain(Domain="people", UserPoolId=pool)
for name in ["ada@example.com"]:
    idp.admin_create_user(
        UserPoolId=pool,
        Username=name,
        UserAttributes=[
            {"Name": "email", "Value": name},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    idp.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
    )


def app(**more):
    return idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="desktop",
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "aws.cognito.signin.user.admin"],
        CallbackURLs=CALLBACKS,
        LogoutURLs=CALLBACKS,
        SupportedIdentityProviders=["COGNITO"],
        **more,
    )["UserPoolClient"]


public, private = app(), app(GenerateSecret=True)

identity_pool = pools.create_identity_pool(
    IdentityPoolName="people",
    AllowUnauthenticatedIdentities=False,
    CognitoIdentityProviders=[
        {
            "ProviderName": f"cognito-idp.{REGION}.amazonaws.com/{pool}",
            "ClientId": one["ClientId"],
        }
        for one in [public, private]
    ],
)["IdentityPoolId"]
trust = {
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
}
role = iam.create_role(
    RoleName="Developer",
    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)["Role"]["Arn"]
pools.set_identity_pool_roles(IdentityPoolId=identity_pool, Roles={"authenticated": role})

print(
    json.dumps(
        {
            "user_pool_id": pool,
            "client_id": public["ClientId"],
            "private_client_id": private["ClientId"],
            "client_secret": private["ClientSecret"],
            "identity_pool_id": identity_pool,
            "password": PASSWORD,
        }
    )
)
