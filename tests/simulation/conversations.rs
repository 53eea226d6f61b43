//! What user pools ask of people, and what people have done with their accounts and devices.

use std::collections::BTreeMap;

use fastrand::Rng;
use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{
    Account, Answer, CodeFor, Goal, KnownDevice, Medium, Outcome, Question, Step, Thread,
};
use poolkey_core::event::{Farewell, Parting};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Device, Tokens};

use crate::cognito::{
    Cognito, Kind, MARK, Token, Tracked, Tracking, ended, number_after, read_token, write_device,
    write_token,
};

impl Cognito {
    pub fn converse(
        &mut self,
        spec: &LoginSpec,
        thread: Thread,
        answer: Option<&Answer>,
        now: u64,
    ) -> Result<Step, Fault> {
        match thread.goal {
            Goal::SignIn => self.sign_in(spec, thread, answer, now),
            _ => self.account(spec, thread, answer, now),
        }
    }

    fn sign_in(
        &mut self,
        spec: &LoginSpec,
        mut thread: Thread,
        answer: Option<&Answer>,
        now: u64,
    ) -> Result<Step, Fault> {
        match self.pools[spec.provider()].kind {
            Kind::Program => {
                let tokens = self.run_program(spec.provider(), now);
                return Ok(self.done(Box::new(tokens), None));
            }
            Kind::Browser | Kind::Oidc | Kind::Fleeting => {
                return self.browse(spec, thread, answer, now);
            }
            Kind::Password => {}
        }
        if let Some(Answer::Username(name)) = answer {
            thread.username = Some(name.clone());
        }
        let Some(username) = thread.username.clone() else {
            return ask(thread, Question::Username { hint: None }, None);
        };
        let password = Question::Password {
            username: username.clone(),
        };
        match answer {
            Some(Answer::Password(text)) if is_right(text) => {
                let known = self.known_device(spec, &thread);
                if known.is_none() && self.pools[spec.provider()].asks_code {
                    self.codes += 1;
                    return ask(thread, code(CodeFor::SignIn), None);
                }
                self.let_in(spec, thread, known, now)
            }
            Some(Answer::Code(text)) if is_right(text) => self.let_in(spec, thread, None, now),
            Some(Answer::RememberDevice(yes)) => {
                let tokens = thread.tokens.take().ok_or("tokens").map_err(wrong)?;
                let key = tokens.device_key.clone().unwrap_or_default();
                let number = number_after(&key, "device-").unwrap();
                self.devices[number].remembered = *yes;
                Ok(self.done(tokens, yes.then_some(number)))
            }
            Some(Answer::Password(_)) => ask(
                thread,
                password,
                Some(wrong("Incorrect username or password.")),
            ),
            Some(Answer::Code(_)) => {
                ask(thread, code(CodeFor::SignIn), Some(wrong("Not the code.")))
            }
            _ => ask(thread, password, None),
        }
    }

    /// The browser is waited for, and signs in whom it knows.
    fn browse(
        &mut self,
        spec: &LoginSpec,
        thread: Thread,
        answer: Option<&Answer>,
        now: u64,
    ) -> Result<Step, Fault> {
        let question = Question::Browser {
            url: "https://example.com/".into(),
            redirect_uri: "http://127.0.0.1/".into(),
        };
        match answer {
            Some(Answer::Address(user)) => {
                let family = self.new_family(spec.provider(), user.expose(), now);
                let tokens = self.tokens(family, 0, now);
                Ok(self.done(Box::new(tokens), None))
            }
            _ => ask(thread, question, None),
        }
    }

    /// The device that stands in for a second factor.
    fn known_device(&self, spec: &LoginSpec, thread: &Thread) -> Option<usize> {
        let device = thread.device.as_ref()?;
        let username = thread.username.as_deref()?;
        let number = number_after(&device.key, "device-")?;
        let known = &self.devices[number];
        let proven = spec
            .user_pool()
            .is_some_and(|pool| device.is_of(pool, username))
            && known.pool == spec.provider()
            && device.password == device_password(number);
        (proven && known.remembered && !known.gone).then_some(number)
    }

    fn let_in(
        &mut self,
        spec: &LoginSpec,
        mut thread: Thread,
        known: Option<usize>,
        now: u64,
    ) -> Result<Step, Fault> {
        let username = thread.username.clone().unwrap_or_default();
        let family = self.new_family(spec.provider(), &username, now);
        let tracking = self.pools[spec.provider()].tracking;
        let device = match tracking {
            Tracking::Off => None,
            Tracking::Ask | Tracking::Always => Some(known.unwrap_or(self.devices.len())),
        };
        self.families[family].device = device;
        let tokens = Box::new(self.tokens(family, 0, now));
        let is_new = device == Some(self.devices.len());
        if is_new {
            self.devices.push(Tracked {
                pool: spec.provider().to_owned(),
                user: username,
                remembered: tracking == Tracking::Always,
                gone: false,
            });
        }
        if is_new && tracking == Tracking::Ask {
            thread.tokens = Some(tokens);
            let question = Question::RememberDevice {
                name: "desk".into(),
            };
            return ask(thread, question, None);
        }
        Ok(self.done(tokens, device))
    }

    fn done(&self, tokens: Box<Tokens>, device: Option<usize>) -> Step {
        Step::Done {
            tokens,
            client_secret: None,
            device: device.map(|number| self.secret_of(number)),
        }
    }

    fn secret_of(&self, number: usize) -> Device {
        Device {
            user_pool_id: self.devices[number].pool.clone(),
            username: self.devices[number].user.clone(),
            alias: None,
            key: write_device(number),
            group_key: "-group".into(),
            password: device_password(number),
        }
    }

    /// The device of a session from before the simulation began.
    pub fn device_of_yesterday(&mut self, rng: &mut Rng, family: usize) -> Option<Device> {
        let pool = self.families[family].pool.clone();
        if self.pools[&pool].tracking == Tracking::Off || rng.u8(..4) == 0 {
            return None;
        }
        self.devices.push(Tracked {
            pool,
            user: self.families[family].user.clone(),
            remembered: true,
            gone: false,
        });
        let number = self.devices.len() - 1;
        self.families[family].device = Some(number);
        Some(self.secret_of(number))
    }

    fn account(
        &mut self,
        spec: &LoginSpec,
        thread: Thread,
        answer: Option<&Answer>,
        now: u64,
    ) -> Result<Step, Fault> {
        let family = match thread.goal.needs_session() {
            true => Some(self.who(spec, thread.access_token.as_ref(), now)?),
            false => None,
        };
        let outcome = match (&thread.goal, answer) {
            (Goal::Show, _) => Outcome::Account(Account {
                username: family.map_or_else(String::new, |it| self.families[it].user.clone()),
                attributes: BTreeMap::new(),
                factors: Vec::new(),
                preferred: None,
            }),
            (Goal::ListDevices, _) => Outcome::Devices {
                devices: self.list_devices(spec, &thread),
            },
            (Goal::ForgetDevice { .. }, _) => {
                let Some(key) = thread.device_key else {
                    return Err(wrong("This machine has no device."));
                };
                self.devices[number_after(&key, "device-").unwrap()].gone = true;
                Outcome::DeviceForgotten { key }
            }
            (Goal::ChangePassword, None) => {
                let username = thread.username.clone().unwrap_or_default();
                return ask(thread, Question::Password { username }, None);
            }
            (Goal::Confirm, None) => return ask(thread, code(CodeFor::Confirm), None),
            (Goal::Confirm, Some(Answer::Code(text))) if !is_right(text) => {
                return ask(thread, code(CodeFor::Confirm), Some(wrong("Not the code.")));
            }
            _ => Outcome::Done,
        };
        Ok(Step::Finished {
            outcome,
            client_secret: None,
        })
    }

    /// Whose access token it is.
    fn who(&self, spec: &LoginSpec, token: Option<&Secret>, now: u64) -> Result<usize, Fault> {
        let number = token.and_then(|token| number_after(token.expose(), "-a-"));
        let access = &self.access[number.ok_or("No token.").map_err(wrong)?];
        if access.expires <= now {
            return Err(Fault::new(
                FaultKind::TokenStale,
                "Access Token has expired",
            ));
        }
        if self.families[access.family].pool != spec.provider() {
            return Err(wrong("The token of another pool."));
        }
        match self.end_of(access.family, now) {
            Some(Ended::Expired) | None => Ok(access.family),
            Some(end) => Err(ended(end)),
        }
    }

    fn list_devices(&self, spec: &LoginSpec, thread: &Thread) -> Vec<KnownDevice> {
        let known = self.devices.iter().enumerate();
        known
            .filter(|(_, device)| device.pool == spec.provider() && !device.gone)
            .map(|(number, device)| KnownDevice {
                key: write_device(number),
                name: None,
                last_address: None,
                last_used: None,
                remembered: Some(device.remembered),
                is_this: thread.device_key == Some(write_device(number)),
            })
            .collect()
    }

    /// Ends a session, and before that has its device forgotten; says what came of either.
    pub fn revoke(
        &mut self,
        spec: &LoginSpec,
        token: Option<&Secret>,
        farewell: &Farewell,
        now: u64,
    ) -> Parting {
        let Some((family, generation)) = token.and_then(|token| read_token(token.expose())) else {
            return parting(Ok(()), Ok(()));
        };
        if self.families[family].pool != spec.provider() {
            let fault = Fault::new(FaultKind::Misconfigured, "Wrong client.");
            return parting(Err(fault.clone()), Err(fault));
        }
        let newest = self.families[family].tokens.len() - 1;
        if self.families[family].parted && generation != newest {
            // It is of no use any more, and so there is nothing to revoke.
            return parting(Ok(()), Ok(()));
        }
        let over = self.end_of(family, now);
        let forgotten = match (&farewell.forget, over) {
            (None, _) => Ok(()),
            (Some(_), Some(end)) => Err(ended(end)),
            (Some(device_key), None) => {
                let number = number_after(device_key, "device-").unwrap();
                self.devices[number].gone = true;
                Ok(())
            }
        };
        let everywhere = match (farewell.everywhere, over) {
            (false, _) => Ok(()),
            (true, Some(end)) => Err(ended(end)),
            (true, None) => self.end_all(family),
        };
        self.families[family].dead.get_or_insert(Ended::Revoked);
        Parting {
            everywhere,
            ..parting(Ok(()), forgotten)
        }
    }

    /// All sessions of a user end, where an access token may ask for it.
    fn end_all(&mut self, family: usize) -> Result<(), Fault> {
        let (pool, user) = (&self.families[family].pool, &self.families[family].user);
        let (pool, user) = (pool.clone(), user.clone());
        if !self.pools[&pool].ends_all {
            let fault = Fault::new(FaultKind::Misconfigured, "It takes another scope.");
            return Err(fault);
        }
        for other in &mut self.families {
            if other.pool == pool && other.user == user {
                other.dead.get_or_insert(Ended::Revoked);
            }
        }
        Ok(())
    }

    /// A session gets as far as a refresh when it is about to end, and no farther.
    pub fn half_revoke(&mut self, token: &Secret, farewell: &Farewell, now: u64) -> Parting {
        let fault = Fault::new(FaultKind::Service, "It broke off.");
        let failed = Parting::failed(&fault, farewell);
        let takes_refresh =
            farewell.access_token.is_none() && (farewell.everywhere || farewell.forget.is_some());
        let Some((family, generation)) = read_token(token.expose()) else {
            return failed;
        };
        let known = &self.families[family];
        let rotates = self.pools[&known.pool].rotates;
        let newest = known.tokens.len() - 1 == generation;
        if !takes_refresh || !rotates || !newest || self.end_of(family, now).is_some() {
            return failed;
        }
        let known = &mut self.families[family];
        known.parted = true;
        known.tokens.push(Token::default());
        Parting {
            rotated: Some(write_token(family, generation + 1)),
            ..failed
        }
    }
}

/// What came of a session's end.
pub fn parting(revoked: Result<(), Fault>, forgotten: Result<(), Fault>) -> Parting {
    Parting {
        revoked,
        forgotten,
        everywhere: Ok(()),
        rotated: None,
        logout_url: None,
    }
}

fn ask(mut thread: Thread, question: Question, problem: Option<Fault>) -> Result<Step, Fault> {
    thread.asked = Some(question.clone());
    Ok(Step::Ask {
        thread,
        question,
        problem,
    })
}

fn code(code_for: CodeFor) -> Question {
    Question::Code {
        code_for,
        medium: Medium::App,
        destination: None,
        can_resend: false,
    }
}

fn is_right(text: &Secret) -> bool {
    text.expose() == "SECRET right"
}

fn device_password(number: usize) -> Secret {
    Secret::new(format!("{MARK}-d-{number}"))
}

fn wrong(text: &str) -> Fault {
    Fault::new(FaultKind::Wrong, text)
}
