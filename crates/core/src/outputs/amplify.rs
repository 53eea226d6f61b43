//! What AWS Amplify writes for the apps of a user pool.

use serde_json::Value;

use super::{Outputs, shape};

/// Reads `amplify_outputs.json` (Gen 2), `amplifyconfiguration.json` (Gen 1, mobile) and
/// `aws-exports.js` (Gen 1, web).
pub(super) fn read(value: &Value) -> Option<Outputs> {
    [gen_2, mobile, exports]
        .into_iter()
        .map(|read| read(value))
        .find(Outputs::has_ids)
}

/// `amplify_outputs.json`.
fn gen_2(value: &Value) -> Outputs {
    let auth = &value["auth"];
    let oauth = &auth["oauth"];
    Outputs {
        user_pool_id: text(&auth["user_pool_id"], shape::is_user_pool),
        client_id: text(&auth["user_pool_client_id"], shape::is_client),
        identity_pool_id: text(&auth["identity_pool_id"], shape::is_identity_pool),
        domain: text(&oauth["domain"], shape::is_host),
        scopes: scopes(&oauth["scopes"]),
        redirect_uris: here(&oauth["redirect_sign_in_uri"]),
        logout_uri: here(&oauth["redirect_sign_out_uri"]).into_iter().next(),
    }
}

/// `amplifyconfiguration.json` of the mobile libraries.
fn mobile(value: &Value) -> Outputs {
    let plugin = &value["auth"]["plugins"]["awsCognitoAuthPlugin"];
    let pool = &plugin["CognitoUserPool"]["Default"];
    let identity = &plugin["CredentialsProvider"]["CognitoIdentity"]["Default"];
    let oauth = &plugin["Auth"]["Default"]["OAuth"];
    Outputs {
        user_pool_id: text(&pool["PoolId"], shape::is_user_pool),
        client_id: text(&pool["AppClientId"], shape::is_client),
        identity_pool_id: text(&identity["PoolId"], shape::is_identity_pool),
        domain: text(&oauth["WebDomain"], shape::is_host),
        scopes: scopes(&oauth["Scopes"]),
        redirect_uris: here(&oauth["SignInRedirectURI"]),
        logout_uri: here(&oauth["SignOutRedirectURI"]).into_iter().next(),
    }
}

/// `aws-exports.js`, and `amplifyconfiguration.json` of the web libraries.
fn exports(value: &Value) -> Outputs {
    let oauth = &value["oauth"];
    Outputs {
        user_pool_id: text(&value["aws_user_pools_id"], shape::is_user_pool),
        client_id: text(&value["aws_user_pools_web_client_id"], shape::is_client),
        identity_pool_id: text(
            &value["aws_cognito_identity_pool_id"],
            shape::is_identity_pool,
        ),
        domain: text(&oauth["domain"], shape::is_host),
        scopes: scopes(&oauth["scope"]),
        redirect_uris: here(&oauth["redirectSignIn"]),
        logout_uri: here(&oauth["redirectSignOut"]).into_iter().next(),
    }
}

fn scopes(value: &Value) -> Vec<String> {
    let mut scopes = words(value);
    scopes.retain(|scope| shape::is_scope(scope));
    scopes.truncate(MOST);
    scopes
}

/// The URLs among them that are of this machine, with a port to listen on.
fn here(value: &Value) -> Vec<String> {
    let mut urls = words(value);
    urls.retain(|url| shape::is_here(url));
    urls.truncate(MOST);
    urls
}

/// A list of words, or one text with commas between them.
fn words(value: &Value) -> Vec<String> {
    let of_list = value.as_array().into_iter().flatten();
    let of_list = of_list.filter_map(|value| Some(value.as_str()?.trim().to_owned()));
    let of_text = value.as_str().into_iter().flat_map(|text| text.split(','));
    of_list
        .chain(of_text.map(|word| word.trim().to_owned()))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A text that is what it should be.
fn text(value: &Value, is: impl Fn(&str) -> bool) -> Option<String> {
    let text = value.as_str()?.trim();
    is(text).then(|| text.to_owned())
}

/// An app client has at most a hundred addresses and fifty scopes.
const MOST: usize = 100;
