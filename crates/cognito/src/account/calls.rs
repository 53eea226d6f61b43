//! The calls that need no session. A sign-in that meets an account which is not confirmed, or a
//! password that must be reset, makes some of them too: each takes the user name and the client
//! secret out of the thread.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, CodeDeliveryDetailsType, DeliveryMediumType,
};
use poolkey_core::config::UserPoolSpec;
use poolkey_core::conversation::{Medium, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::Cognito;
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};
use crate::proof::secret_hash;

/// Where a code went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) medium: Medium,
    /// As the pool shows it: `a***@e***`.
    pub(crate) destination: Option<String>,
}

/// What became of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    Now,
    /// Somebody was faster: a link in a message, an administrator.
    Before,
}

/// What became of a new user.
pub(super) enum SignedUp {
    Confirmed,
    /// A code that confirms it is on its way.
    Sent(Delivery),
    /// No code was sent.
    Unconfirmed,
}

/// `SignUp`.
pub(super) async fn sign_up(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: &Thread,
    password: &Secret,
    attributes: &BTreeMap<String, String>,
) -> Result<SignedUp, Refusal> {
    let attributes = attributes.iter().map(|(name, value)| {
        AttributeType::builder()
            .name(name)
            .value(value)
            .build()
            .map_err(|_| Refusal::plain(Fault::new(FaultKind::Wrong, "An attribute has no name.")))
    });
    let request = cognito
        .clients
        .users(spec)
        .sign_up()
        .client_id(&spec.client_id)
        .set_secret_hash(hash(spec, thread))
        .username(name(thread))
        .password(password.expose())
        .set_user_attributes(Some(attributes.collect::<Result<_, _>>()?));
    let answer = call(Operation::SignUp, &secrets(thread, [password]), |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    let details = answer.output.code_delivery_details;
    Ok(match (answer.output.user_confirmed, &details) {
        (true, _) => SignedUp::Confirmed,
        (false, Some(_)) => SignedUp::Sent(Delivery::told(details.as_ref())),
        (false, None) => SignedUp::Unconfirmed,
    })
}

/// `ConfirmSignUp`.
pub(crate) async fn confirm(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: &Thread,
    code: &Secret,
) -> Result<Confirmed, Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .confirm_sign_up()
        .client_id(&spec.client_id)
        .set_secret_hash(hash(spec, thread))
        .username(name(thread))
        .confirmation_code(code.expose());
    let secrets = secrets(thread, [code]);
    let answer = call(Operation::ConfirmSignUp, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await;
    match answer {
        Ok(_) => Ok(Confirmed::Now),
        Err(refusal) if refusal.meaning == Meaning::Refused(Part::Confirmed) => {
            Ok(Confirmed::Before)
        }
        Err(refusal) => Err(refusal),
    }
}

/// `ResendConfirmationCode`.
pub(crate) async fn resend(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: &Thread,
) -> Result<Delivery, Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .resend_confirmation_code()
        .client_id(&spec.client_id)
        .set_secret_hash(hash(spec, thread))
        .username(name(thread));
    let secrets = secrets(thread, []);
    let answer = call(Operation::ResendConfirmationCode, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(Delivery::told(answer.output.code_delivery_details.as_ref()))
}

/// `ForgotPassword`.
pub(crate) async fn send_reset_code(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: &Thread,
) -> Result<Delivery, Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .forgot_password()
        .client_id(&spec.client_id)
        .set_secret_hash(hash(spec, thread))
        .username(name(thread));
    let secrets = secrets(thread, []);
    let answer = call(Operation::ForgotPassword, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(Delivery::told(answer.output.code_delivery_details.as_ref()))
}

/// `ConfirmForgotPassword`.
pub(crate) async fn reset_password(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: &Thread,
    code: &Secret,
    password: &Secret,
) -> Result<(), Refusal> {
    let request = cognito
        .clients
        .users(spec)
        .confirm_forgot_password()
        .client_id(&spec.client_id)
        .set_secret_hash(hash(spec, thread))
        .username(name(thread))
        .confirmation_code(code.expose())
        .password(password.expose());
    let secrets = secrets(thread, [code, password]);
    call(Operation::ConfirmForgotPassword, &secrets, |probe| {
        request.customize().interceptor(probe).send()
    })
    .await?;
    Ok(())
}

impl Delivery {
    pub(super) fn told(details: Option<&CodeDeliveryDetailsType>) -> Self {
        let medium = details.and_then(|details| details.delivery_medium.as_ref());
        Self {
            medium: match medium {
                Some(DeliveryMediumType::Email) => Medium::Email,
                Some(DeliveryMediumType::Sms) => Medium::Sms,
                // The SDK may grow kinds.
                Some(_) | None => Medium::Unknown,
            },
            destination: details
                .and_then(|details| details.destination.as_deref())
                .map(|text| text.chars().filter(|c| !c.is_control()).take(128).collect())
                .filter(|text: &String| !text.is_empty()),
        }
    }

    /// Where the thread says that the last code went.
    pub(super) fn noted(thread: &Thread) -> Self {
        let medium = thread.parameters.get(MEDIUM).map(String::as_str);
        Self {
            medium: match medium {
                Some("EMAIL") => Medium::Email,
                Some("SMS") => Medium::Sms,
                Some(_) | None => Medium::Unknown,
            },
            destination: thread.parameters.get(DESTINATION).cloned(),
        }
    }

    pub(super) fn note(self, thread: &mut Thread) {
        let medium = match self.medium {
            Medium::Email => "EMAIL",
            Medium::Sms => "SMS",
            Medium::App | Medium::Unknown => "",
        };
        thread.parameters.insert(MEDIUM.into(), medium.into());
        match self.destination {
            Some(text) => thread.parameters.insert(DESTINATION.into(), text),
            None => thread.parameters.remove(DESTINATION),
        };
    }

    /// Whether a code was sent in this conversation.
    pub(super) fn is_noted(thread: &Thread) -> bool {
        thread.parameters.contains_key(MEDIUM)
    }
}

pub(super) fn name(thread: &Thread) -> &str {
    thread.username.as_deref().unwrap_or_default()
}

fn hash(spec: &UserPoolSpec, thread: &Thread) -> Option<String> {
    let secret = thread.client_secret.as_ref()?;
    Some(secret_hash(secret.expose(), name(thread), &spec.client_id))
}

/// All that the thread knows, and what else goes with a call.
pub(super) fn secrets<'a, const N: usize>(
    thread: &'a Thread,
    more: [&'a Secret; N],
) -> Vec<&'a Secret> {
    more.into_iter()
        .chain(&thread.client_secret)
        .chain(&thread.access_token)
        .chain(&thread.password)
        .chain(&thread.code)
        .collect()
}

/// The names that Cognito itself uses in the parameters of a challenge.
const MEDIUM: &str = "CODE_DELIVERY_DELIVERY_MEDIUM";
const DESTINATION: &str = "CODE_DELIVERY_DESTINATION";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_where_a_code_went() {
        let mut thread = Thread::default();
        assert!(!Delivery::is_noted(&thread));
        for (medium, destination) in [
            (Medium::Email, Some("a***@e***".to_owned())),
            (Medium::Sms, None),
            (Medium::Unknown, None),
        ] {
            let delivery = Delivery {
                medium,
                destination,
            };
            delivery.clone().note(&mut thread);
            assert!(Delivery::is_noted(&thread));
            assert_eq!(Delivery::noted(&thread), delivery);
        }
    }
}
