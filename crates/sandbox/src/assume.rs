//! `AssumeRole` and `AssumeRoleWithWebIdentity`: keys for a session of a role.

use std::collections::BTreeMap;

use crate::{
    iam::Role,
    query::{Checks, Form, Pattern, Query, Xml, element},
    sts::{Caller, Keys, Origin, Session},
    trust::{Asker, Context},
    web_identity::WebIdentity,
    wire::Failure,
    world::World,
};

mod request;
mod tags;

use request::{Request, Way};

impl World {
    /// `AssumeRole`
    pub(crate) fn assume_role(&mut self, query: &Query<'_>) -> Xml {
        let caller = self.signer(query.message)?;
        let form = query.form;
        let mut checks = Checks::default();
        let request = Request::read(form, Way::Signed, &mut checks)?;
        let external = form.text("ExternalId");
        if let Some(external) = external {
            checks.form("ExternalId", external, 2..=1224, Pattern::ExternalId);
        }
        let source = form.text("SourceIdentity");
        if let Some(source) = source {
            checks.form("SourceIdentity", source, 2..=256, Pattern::Name);
        }
        let asked = tags::read(form, &mut checks);
        checks.end()?;
        request.names_a_role(Way::Signed)?;
        self.note(&request);
        self.journal.note.external_id = external.map(str::to_owned);
        let packed = request.packed(&asked.tags)?;
        if form.text("SerialNumber").is_some() || form.text("TokenCode").is_some() {
            return Err(Failure::access_denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
            ));
        }

        let from = match &caller {
            Caller::Admin => None,
            Caller::Role(keys) => Some(&keys.session),
        };
        let mut session = asked.session(from)?;
        session.source_identity = source_identity(from, source)?;
        session.name.clone_from(&request.name);
        let role = self.trusting(&request, external, from, &session)?;
        session.role.clone_from(&role.arn);
        session.role_id.clone_from(&role.id);
        let seconds = request.seconds(role.max_seconds)?;
        if matches!(caller, Caller::Role(_)) && seconds > CHAINED {
            return Err(Failure::new(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }
        self.journal.note.tags.clone_from(&session.tags);
        let source = session.source_identity.clone();
        let seconds = self.lifetimes.assume_role_seconds.unwrap_or(seconds);
        let origin = match caller {
            Caller::Admin => Origin::User,
            Caller::Role(_) => Origin::Chain,
        };
        let keys = self.mint_keys(session, origin, seconds);
        let mut answer = self.assumed(&keys);
        if let Some(packed) = packed {
            answer += &element("PackedPolicySize", &packed.to_string());
        }
        if let Some(source) = source {
            answer += &element("SourceIdentity", &source);
        }
        Ok(answer)
    }

    /// `AssumeRoleWithWebIdentity`
    pub(crate) fn assume_role_with_web_identity(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let request = Request::read(form, Way::WebIdentity, &mut checks)?;
        let token = checks.text(form, "WebIdentityToken").to_owned();
        if form.text("WebIdentityToken").is_some() && !(4..=20_000).contains(&token.len()) {
            // The token itself is not told.
            checks.refuse(
                "WebIdentityToken",
                "***",
                "Member must have length between 4 and 20000",
            );
        }
        checks.end()?;
        request.names_a_role(Way::WebIdentity)?;
        self.note(&request);
        self.journal.secret("web_identity_token", &token);
        let packed = request.packed(&BTreeMap::new())?;
        let who = self.web_identity(&token)?;
        let role = self.trusting_web_identity(&request, &who)?;
        let seconds = request.seconds(role.max_seconds)?;
        let session = Session {
            role: role.arn.clone(),
            role_id: role.id.clone(),
            name: request.name,
            ..Session::default()
        };
        let seconds = self.lifetimes.web_identity_seconds.unwrap_or(seconds);
        let keys = self.mint_keys(session, Origin::WebIdentity, seconds);
        let mut answer = self.assumed(&keys);
        answer += &element("SubjectFromWebIdentityToken", &who.subject);
        answer += &element("Audience", &who.audience);
        answer += &element("Provider", &who.provider);
        if let Some(packed) = packed {
            answer += &element("PackedPolicySize", &packed.to_string());
        }
        Ok(answer)
    }

    /// The role, if its trust policy lets the caller in. What does not exist is refused in the same
    /// words as what is forbidden.
    fn trusting(
        &self,
        request: &Request,
        external: Option<&str>,
        from: Option<&Session>,
        session: &Session,
    ) -> Result<Role, Failure> {
        let admin = self.admin_arn();
        let me = from.map_or_else(|| admin.clone(), Session::arn);
        let mut arns = vec![me.clone()];
        arns.extend(from.map(|from| from.role.clone()));
        let principal = arns.last().cloned().unwrap_or_default();
        let account = from.map_or(&*self.place.account, Session::account);
        let asker = Asker::Caller { account, arns };

        let mut context = Context::new();
        let mut put = |key: &str, values: Vec<String>| context.insert(key.to_lowercase(), values);
        put("sts:RoleSessionName", vec![request.name.clone()]);
        put("aws:PrincipalArn", vec![principal]);
        put("aws:PrincipalAccount", vec![account.to_owned()]);
        if let Some(external) = external {
            put("sts:ExternalId", vec![external.to_owned()]);
        }
        for (key, value) in from.into_iter().flat_map(|from| &from.tags) {
            put(&format!("aws:PrincipalTag/{key}"), vec![value.clone()]);
        }
        for (key, value) in &session.tags {
            put(&format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
        put("aws:TagKeys", session.tags.keys().cloned().collect());
        put(
            "sts:TransitiveTagKeys",
            session.transitive.iter().cloned().collect(),
        );
        if let Some(source) = &session.source_identity {
            put("sts:SourceIdentity", vec![source.clone()]);
        }

        let mut needed = vec!["sts:AssumeRole"];
        if !session.tags.is_empty() {
            needed.push("sts:TagSession");
        }
        if session.source_identity.is_some() {
            needed.push("sts:SetSourceIdentity");
        }
        let role = self.roles.get(&request.role);
        for action in needed {
            let allowed = role.is_some_and(|role| role.trust.allows(action, &asker, &context));
            if !allowed {
                return Err(Failure::access_denied(format!(
                    "User: {me} is not authorized to perform: {action} on resource: {}",
                    request.role
                )));
            }
        }
        let gone = || Failure::access_denied("Access denied");
        role.cloned().ok_or_else(gone)
    }

    fn trusting_web_identity(&self, request: &Request, who: &WebIdentity) -> Result<Role, Failure> {
        let mut context = who.context();
        context.insert("sts:rolesessionname".into(), vec![request.name.clone()]);
        self.role_for(&request.role, who, &context).ok_or_else(|| {
            Failure::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        })
    }

    fn note(&mut self, request: &Request) {
        let note = &mut self.journal.note;
        note.role_arn = Some(request.role.clone());
        note.session_name = Some(request.name.clone());
        note.duration_seconds = request.seconds;
        note.policy.clone_from(&request.policy);
        note.policy_arns.clone_from(&request.policy_arns);
    }

    /// `Credentials` and `AssumedRoleUser`
    fn assumed(&self, keys: &Keys) -> String {
        let until = self.clock.tell(keys.until).format("%Y-%m-%dT%H:%M:%SZ");
        format!(
            "<Credentials>{}{}{}{}</Credentials><AssumedRoleUser>{}{}</AssumedRoleUser>",
            element("AccessKeyId", &keys.access_key),
            element("SecretAccessKey", &keys.secret),
            element("SessionToken", &keys.token),
            element("Expiration", &until),
            element("AssumedRoleId", &keys.session.user_id()),
            element("Arn", &keys.session.arn())
        )
    }
}

/// Whom the new session speaks for: it cannot be changed on the way.
fn source_identity(from: Option<&Session>, asked: Option<&str>) -> Result<Option<String>, Failure> {
    match (from.and_then(|from| from.source_identity.as_deref()), asked) {
        (Some(set), Some(asked)) if set != asked => Err(Failure::new(
            "ValidationError",
            "The source identity is already set for this assume role session",
        )),
        (set, asked) => Ok(set.or(asked).map(str::to_owned)),
    }
}

/// Whether a text is the ARN of a role.
pub(crate) fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, _, _, account, name] = parts[..] else {
        return false;
    };
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    arn.starts_with("arn:")
        && parts[2..4] == ["iam", ""]
        && partition.starts_with("aws")
        && digits
        && name
            .strip_prefix("role/")
            .is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
        && !name.contains(':')
}

/// The longest session of a role that is assumed from another one.
const CHAINED: i64 = 3600;
