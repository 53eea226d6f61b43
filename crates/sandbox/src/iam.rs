//! IAM in a small form: roles with their trust policies.

use aws_lc_rs::digest::{SHA256, digest};

use crate::{
    assume::is_role,
    clock::Moment,
    query::{Checks, Form, Pattern, Xml, element},
    random,
    sts::Session,
    trust::{Asker, Context, Trust},
    web_identity::WebIdentity,
    wire::Failure,
    world::World,
};

/// A role that was declared.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) arn: String,
    /// `AROA…`: another one where the role was deleted and made again.
    pub(crate) id: String,
    pub(crate) trust: Trust,
    /// `MaxSessionDuration`
    pub(crate) max_seconds: i64,
    created: Moment,
}

impl World {
    const ROLES: usize = 1000;

    /// `CreateRole`
    pub(crate) fn create_role(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let name = role_name(form, &mut checks);
        let trust = checks.text(form, "AssumeRolePolicyDocument").to_owned();
        let path = form.text("Path").unwrap_or("/");
        checks.form("Path", path, 1..=512, Pattern::Any);
        let most = checks.number(form, "MaxSessionDuration", 3600..=43_200)?;
        checks.end()?;
        if !path.starts_with('/') || !path.ends_with('/') {
            return Err(Failure::new(
                "ValidationError",
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
            ));
        }
        let trust = Trust::read(&trust)?;
        if self.role_named(&name).is_ok() {
            return Err(Failure {
                status: 409,
                ..Failure::new(
                    "EntityAlreadyExists",
                    format!("Role with name {name} already exists."),
                )
            });
        }
        let arn = format!("arn:aws:iam::{}:role{path}{name}", self.place.account);
        let role = Role {
            id: format!("AROA{}", random::text(random::BASE32, 17)),
            trust,
            max_seconds: most.map_or(USUAL, i64::from),
            created: self.clock.now(),
            arn,
        };
        let answer = role.describe();
        self.declare(role)?;
        Ok(answer)
    }

    /// A role of a seed: its id depends on its ARN alone.
    pub(crate) fn plant_role(
        &mut self,
        arn: &str,
        trust: &str,
        max_seconds: Option<i64>,
    ) -> Result<(), Failure> {
        let max_seconds = max_seconds.unwrap_or(USUAL);
        if !is_role(arn) {
            return Err(Failure::invalid_parameter(format!(
                "{arn} is not the ARN of a role."
            )));
        }
        if !(3600..=43_200).contains(&max_seconds) {
            return Err(Failure::invalid_parameter(format!(
                "A role's sessions are limited to 3600 to 43200 seconds, and not to {max_seconds}."
            )));
        }
        self.declare(Role {
            arn: arn.to_owned(),
            id: role_id(arn),
            trust: Trust::read(trust)?,
            max_seconds,
            created: self.clock.now(),
        })
    }

    fn declare(&mut self, role: Role) -> Result<(), Failure> {
        if self.roles.len() >= Self::ROLES && !self.roles.contains_key(&role.arn) {
            return Err(Failure {
                status: 409,
                ..Failure::new("LimitExceeded", "The sandbox has no room for more roles.")
            });
        }
        self.deleted_roles.remove(&role.arn);
        self.roles.insert(role.arn.clone(), role);
        Ok(())
    }

    /// `GetRole`
    pub(crate) fn role(&self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let name = role_name(form, &mut checks);
        checks.end()?;
        Ok(self.roles[&self.role_named(&name)?].describe())
    }

    /// `UpdateRole`
    pub(crate) fn update_role(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let name = role_name(form, &mut checks);
        let most = checks.number(form, "MaxSessionDuration", 3600..=43_200)?;
        checks.end()?;
        let arn = self.role_named(&name)?;
        if let (Some(role), Some(most)) = (self.roles.get_mut(&arn), most) {
            role.max_seconds = i64::from(most);
        }
        Ok(String::new())
    }

    /// `UpdateAssumeRolePolicy`
    pub(crate) fn update_assume_role_policy(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let name = role_name(form, &mut checks);
        let trust = checks.text(form, "PolicyDocument").to_owned();
        checks.end()?;
        let arn = self.role_named(&name)?;
        let trust = Trust::read(&trust)?;
        if let Some(role) = self.roles.get_mut(&arn) {
            role.trust = trust;
        }
        Ok(String::new())
    }

    /// `DeleteRole`: the keys of its sessions count no more.
    pub(crate) fn delete_role(&mut self, form: &Form) -> Xml {
        let mut checks = Checks::default();
        let name = role_name(form, &mut checks);
        checks.end()?;
        let arn = self.role_named(&name)?;
        self.roles.remove(&arn);
        self.deleted_roles.insert(arn);
        Ok(String::new())
    }

    /// The ARN of a role of the sandbox's own account.
    fn role_named(&self, name: &str) -> Result<String, Failure> {
        let own = format!(":{}:role/", self.place.account);
        let found = self
            .roles
            .keys()
            .find(|arn| arn.contains(&own) && arn.rsplit('/').next() == Some(name));
        found.cloned().ok_or_else(|| Failure {
            status: 404,
            ..Failure::new(
                "NoSuchEntity",
                format!("The role with name {name} cannot be found."),
            )
        })
    }

    /// Whether the role of a session is still the one that it was when the session began. A role
    /// that nobody ever declared lives for ever.
    pub(crate) fn role_lives(&self, session: &Session) -> bool {
        match self.roles.get(&session.role) {
            Some(role) => role.id == session.role_id,
            None => !self.deleted_roles.contains(&session.role),
        }
    }

    /// The role, if it trusts a web identity. One that nobody declared trusts whom an identity pool
    /// gives it to.
    pub(crate) fn role_for(&self, arn: &str, who: &WebIdentity, context: &Context) -> Option<Role> {
        let Some(role) = self.roles.get(arn) else {
            let given = who
                .pool
                .as_ref()
                .is_some_and(|pool| self.gives(pool, arn, who));
            return (given && !self.deleted_roles.contains(arn)).then(|| self.undeclared(arn));
        };
        let asker = Asker::Federated(&who.provider);
        let allowed = role
            .trust
            .allows("sts:AssumeRoleWithWebIdentity", &asker, context);
        allowed.then(|| role.clone())
    }

    /// Whether an identity pool gives somebody a role: by its own roles and rules, or by a group of
    /// one of its user pools.
    fn gives(&self, pool: &str, role: &str, who: &WebIdentity) -> bool {
        let Some(pool) = self.identity_pools.get(pool) else {
            return false;
        };
        let by_group = || {
            let user_pools = pool.providers.iter();
            let mut groups = user_pools
                .filter_map(|provider| self.pools.get(provider.name.rsplit('/').next()?))
                .flat_map(|user_pool| user_pool.groups.values());
            groups.any(|group| group.role.as_deref() == Some(role))
        };
        let authenticated = who.authenticated();
        pool.roles.names(role, authenticated) || (authenticated && by_group())
    }

    /// A role that nobody declared, as it is taken to be.
    pub(crate) fn undeclared(&self, arn: &str) -> Role {
        Role {
            arn: arn.to_owned(),
            id: role_id(arn),
            trust: Trust::nobody(),
            max_seconds: USUAL,
            created: self.clock.now(),
        }
    }
}

impl Role {
    fn describe(&self) -> String {
        let (_, rest) = self.arn.split_once(":role").unwrap_or_default();
        let (path, name) = rest.rsplit_once('/').unwrap_or_default();
        let trust = crate::sigv4::encode(&self.trust.text);
        format!(
            "<Role>{}{}{}{}{}{}{}</Role>",
            element("Path", &format!("{path}/")),
            element("RoleName", name),
            element("RoleId", &self.id),
            element("Arn", &self.arn),
            element("CreateDate", &self.created.format("%Y-%m-%dT%H:%M:%SZ")),
            element("AssumeRolePolicyDocument", &trust),
            element("MaxSessionDuration", &self.max_seconds.to_string())
        )
    }
}

const USUAL: i64 = 3600;

/// The id that a role has when nothing is known of it but its ARN.
fn role_id(arn: &str) -> String {
    let digest = digest(&SHA256, arn.as_bytes());
    let letter = |byte: &u8| char::from(random::BASE32[usize::from(byte & 31)]);
    let id: String = digest.as_ref().iter().take(17).map(letter).collect();
    format!("AROA{id}")
}

fn role_name(form: &Form, checks: &mut Checks) -> String {
    let name = checks.text(form, "RoleName").to_owned();
    if form.text("RoleName").is_some() {
        checks.form("RoleName", &name, 1..=64, Pattern::Name);
    }
    name
}
