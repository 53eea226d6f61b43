//! What an administrator would mend: a refusal in AWS's words, and after it where to look.

use poolkey_core::config::{RoleSource, StsSpec};
use poolkey_core::fault::Fault;

use crate::classify::{Meaning, Refusal};
use crate::tokens::Claims;

/// What is not set up for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The identity pool takes no guests.
    Guests,
    /// The identity pool does not know the token's issuer or client.
    Provider,
    /// The identity pool has no role to give, or the role does not trust the pool.
    PoolRole,
    /// The role is not one that the pool would give.
    OfferedRole,
    /// The identity pool does not allow the classic flow.
    ClassicFlow,
    /// The role's trust policy.
    Trust,
    /// The role's trust policy, for session tags.
    TagSession,
    /// How long the role lets a session be.
    Duration,
    /// The session policy.
    Policy,
    /// The account does not use STS in the region.
    Region,
}

/// Who asked for what.
pub(crate) enum Scene<'a> {
    /// An identity pool for somebody, or for a guest, and for a role where one is named.
    Pool {
        identity_pool: &'a str,
        claims: Option<&'a Claims>,
        role_arn: Option<&'a str>,
        sts: &'a StsSpec,
    },
    /// STS for a role, with the keys of another profile.
    Chain {
        role: &'a RoleSource,
        sts: &'a StsSpec,
    },
    /// STS for who keys are.
    Caller { sts: &'a StsSpec },
}

/// The fault of a refusal, with where to look.
pub(crate) fn tell(refusal: Refusal, scene: &Scene<'_>) -> Fault {
    let Meaning::Needs(setup) = refusal.meaning else {
        return refusal.into();
    };
    let Refusal { fault, .. } = refusal;
    match scene.advice(setup) {
        Some(advice) => Fault::new(fault.kind, format!("{} {advice}", fault.text)),
        None => fault,
    }
}

impl Scene<'_> {
    fn advice(&self, setup: Setup) -> Option<String> {
        match (setup, self) {
            (
                Setup::Region,
                Self::Pool { sts, .. } | Self::Chain { sts, .. } | Self::Caller { sts },
            ) => Some(format!(
                "Activate {} in the AWS account, or give the profile another sts_region.",
                sts.region.as_deref().unwrap_or("the region")
            )),
            (Setup::Duration, Self::Pool { .. } | Self::Chain { .. }) => Some(
                "Shorten the profile's duration, or lengthen the role's maximum session duration."
                    .into(),
            ),
            (Setup::Policy, Self::Pool { .. } | Self::Chain { .. }) => {
                Some("Check the profile's session_policy, policy_arns and tags.".into())
            }
            (
                setup,
                Self::Pool {
                    identity_pool,
                    claims,
                    role_arn,
                    ..
                },
            ) => pool_advice(setup, identity_pool, *claims, *role_arn),
            (Setup::Trust, Self::Chain { role, .. }) => Some(chain_advice(role)),
            (Setup::TagSession, Self::Chain { role, .. }) => Some(format!(
                "The trust policy of {} must allow sts:TagSession, too, or the profile's tags must go.",
                role.role_arn
            )),
            (
                Setup::Guests
                | Setup::Provider
                | Setup::PoolRole
                | Setup::OfferedRole
                | Setup::ClassicFlow,
                Self::Chain { .. },
            )
            | (_, Self::Caller { .. }) => None,
        }
    }
}

fn pool_advice(
    setup: Setup,
    pool: &str,
    claims: Option<&Claims>,
    role_arn: Option<&str>,
) -> Option<String> {
    let (who, amr) = match claims {
        Some(_) => ("those who are signed in", "authenticated"),
        None => ("guests", "unauthenticated"),
    };
    let trust = format!(
        "must allow sts:AssumeRoleWithWebIdentity to Cognito identities whose “aud” is {pool} and \
         whose “amr” has “{amr}”"
    );
    Some(match setup {
        Setup::Guests => {
            format!("Allow guest access in the identity pool {pool}, or give the profile a login.")
        }
        Setup::ClassicFlow => format!(
            "Allow the basic (classic) flow in the identity pool {pool}, where it has no role \
             mappings, or leave flow = \"classic\" out of the profile."
        ),
        Setup::Provider => {
            let claims = claims?;
            format!(
                "The identity pool {pool} must have {} as a provider, with the client {}.",
                claims.login_key(),
                claims.audience().unwrap_or("of the login")
            )
        }
        Setup::PoolRole => format!(
            "The identity pool {pool} must have a role for {who}, and that role's trust policy \
             {trust}."
        ),
        Setup::OfferedRole => {
            let offered = claims.map(Claims::offered).unwrap_or_default();
            let offered = match offered {
                [] => "it offers none".to_owned(),
                roles => format!("it offers {}", roles.join(", ")),
            };
            format!(
                "{} must be among the roles that the ID token offers (cognito:roles; {offered}) or \
                 that the rules of the identity pool {pool} give.",
                role_arn?
            )
        }
        Setup::Trust => format!("The trust policy of {} {trust}.", role_arn?),
        Setup::TagSession => format!(
            "The trust policy of {} must allow sts:TagSession, too: the identity pool {pool} sends \
             principal tags.",
            role_arn?
        ),
        Setup::Duration | Setup::Policy | Setup::Region => return None,
    })
}

fn chain_advice(role: &RoleSource) -> String {
    let condition = match &role.external_id {
        Some(_) => " with the profile's external_id",
        None => "",
    };
    format!(
        "The trust policy of {} must allow sts:AssumeRole to the role of the profile “{}”{condition}, \
         and so must that role's own policy.",
        role.role_arn, role.source_profile
    )
}
