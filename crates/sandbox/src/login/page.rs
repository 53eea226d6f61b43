//! The pages of managed login: plain forms that need no script.

use crate::login::words::{Language, Words};

/// What a page asks.
pub(crate) enum Ask {
    /// Who it is; with a name to begin with.
    Credentials { username: String },
    /// A challenge of a sign-in.
    Challenge { open: Open, what: What },
}

/// Which sign-in a page belongs to.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) challenge: String,
    pub(crate) session: String,
    pub(crate) username: String,
}

/// What a challenge asks for.
pub(crate) enum What {
    /// A code that was sent.
    SentCode(Option<String>),
    /// A code of an authenticator app.
    AppCode,
    /// Which second factor.
    Choice(Vec<String>),
    /// A new password, and attributes that are missing.
    NewPassword(Vec<String>),
    /// A second factor: the key for an app, and whether e-mail will do, too.
    SetUp { key: Option<String>, email: bool },
}

/// One page.
pub(crate) struct Page {
    pub(crate) language: Language,
    /// Where the form goes.
    pub(crate) action: String,
    pub(crate) csrf: String,
    pub(crate) problem: Option<String>,
    pub(crate) ask: Ask,
    /// Whether the pool's own users may sign in here.
    pub(crate) own_users: bool,
    /// Other providers: their names, and where they are.
    pub(crate) providers: Vec<(String, String)>,
}

impl Page {
    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        let words = self.language.words();
        let problem = self.problem.as_ref().map_or_else(String::new, |problem| {
            format!(r#"<p class="problem" role="alert">{}</p>"#, escape(problem))
        });
        let body = match &self.ask {
            Ask::Credentials { username } => self.credentials(words, username),
            Ask::Challenge { open, what } => self.challenge(words, open, what),
        };
        document(words, words.sign_in, &format!("{problem}{body}"))
    }

    fn credentials(&self, words: &Words, username: &str) -> String {
        let mut body = String::new();
        if self.own_users {
            let fields = format!(
                "{}{}",
                input(words.username, "username", "text", "username", username),
                input(
                    words.password,
                    "password",
                    "password",
                    "current-password",
                    ""
                ),
            );
            body = self.form("", &fields, words.sign_in);
        }
        for (name, url) in &self.providers {
            body.push_str(&format!(
                r#"<p><a class="provider" href="{}">{} {}</a></p>"#,
                escape(url),
                words.continue_with,
                escape(name)
            ));
        }
        body
    }

    fn challenge(&self, words: &Words, open: &Open, what: &What) -> String {
        let code = || input(words.one_time_code, "code", "text", "one-time-code", "");
        let mut hidden = format!(
            "{}{}{}",
            hide("challenge", &open.challenge),
            hide("session", &open.session),
            hide("username", &open.username)
        );
        match what {
            What::SentCode(to) => {
                let to = to.as_ref().map_or_else(String::new, |to| {
                    format!("<p>{} {}</p>", words.code_sent, escape(to))
                });
                to + &self.form(&hidden, &code(), words.go_on)
            }
            What::AppCode => {
                let text = format!("<p>{}</p>", words.code_of_app);
                text + &self.form(&hidden, &code(), words.go_on)
            }
            What::Choice(factors) => {
                let mut fields = format!("<p>{}</p>", words.choose_factor);
                for (place, factor) in factors.iter().enumerate() {
                    let name = match factor.as_str() {
                        "SMS_MFA" => words.text_message,
                        "SOFTWARE_TOKEN_MFA" => words.authenticator,
                        _ => words.email,
                    };
                    let checked = if place == 0 { " checked" } else { "" };
                    fields.push_str(&format!(
                        r#"<label class="choice"><input type="radio" name="answer" value="{}"{checked}> {name}</label>"#,
                        escape(factor)
                    ));
                }
                self.form(&hidden, &fields, words.go_on)
            }
            What::NewPassword(attributes) => {
                let mut fields = format!("<p>{}</p>", words.change_password);
                let (label, kind) = (words.new_password, "password");
                fields.push_str(&input(label, "new_password", kind, "new-password", ""));
                for attribute in attributes {
                    let name = format!("userAttributes.{attribute}");
                    fields.push_str(&input(attribute, &name, "text", "on", ""));
                }
                self.form(&hidden, &fields, words.go_on)
            }
            What::SetUp { key, email } => {
                let mut body = String::new();
                if let Some(key) = key {
                    let text = format!(
                        r#"<p>{}</p><p><code id="key">{}</code></p>"#,
                        words.set_up_app,
                        escape(key)
                    );
                    hidden.push_str(&hide("key", key));
                    body.push_str(&self.form(&hidden, &(text + &code()), words.go_on));
                }
                if *email {
                    let text = format!("<p>{}</p>", words.set_up_email);
                    let field = input(words.email, "email", "email", "email", "");
                    body.push_str(&self.form(&hidden, &(text + &field), words.go_on));
                }
                body
            }
        }
    }

    fn form(&self, hidden: &str, fields: &str, button: &str) -> String {
        format!(
            r#"<form method="post" action="{}">{}{hidden}{fields}<button type="submit">{button}</button></form>"#,
            escape(&self.action),
            hide("_csrf", &self.csrf)
        )
    }
}

/// Cognito's own page for what an app must not be told.
pub(crate) fn error_page(error: &str) -> String {
    let words = Language::English.words();
    let body = format!(
        r#"<p class="problem" role="alert">An error was encountered with the requested page.</p><p id="error">{}</p>"#,
        escape(error)
    );
    document(words, "Error", &body)
}

/// A whole document.
pub(crate) fn document(words: &Words, title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"#,
        words.code
    )
}

/// A field with its label.
pub(crate) fn input(label: &str, name: &str, kind: &str, complete: &str, value: &str) -> String {
    format!(
        r#"<label>{} <input name="{}" type="{kind}" autocomplete="{complete}" value="{}"></label>"#,
        escape(label),
        escape(name),
        escape(value)
    )
}

/// A field that nobody sees.
pub(crate) fn hide(name: &str, value: &str) -> String {
    format!(
        r#"<input type="hidden" name="{}" value="{}">"#,
        escape(name),
        escape(value)
    )
}

/// Text that is no markup, also between quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;color-scheme:light dark}main{max-width:22rem;margin:3rem auto;padding:0 1rem}label,button,.provider{display:block;margin:.75rem 0}input:not([type=radio]){display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4rem}button{font:inherit;padding:.4rem 1rem}.problem{border-left:.25rem solid #c33;padding-left:.75rem}code{word-break:break-all}";
