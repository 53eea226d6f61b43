//! The query protocol of STS and IAM: forms in, XML out, and the table of their operations.

use crate::{
    random,
    sigv4::{Message, pairs},
    sts::{Caller, Dialect},
    wire::Failure,
    world::World,
};

mod checks;

pub(crate) use checks::{Checks, Pattern};

/// The services that speak it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Sts,
    Iam,
}

/// One operation of them.
#[derive(Clone, Copy)]
pub(crate) struct QueryOperation {
    pub(crate) name: &'static str,
    pub(crate) service: Service,
    run: Run,
}

/// The inside of the answer's result, as XML.
pub(crate) type Xml = Result<String, Failure>;

type Run = fn(&mut World, &Query<'_>) -> Xml;

/// A call: its parameters, and the message that may be signed.
pub(crate) struct Query<'a> {
    pub(crate) form: &'a Form,
    pub(crate) message: &'a Message<'a>,
}

/// The parameters of a call. Where one comes twice, the first counts.
pub(crate) struct Form(Vec<(String, String)>);

/// Finds an operation by its name.
pub(crate) fn find(action: &str) -> Option<QueryOperation> {
    let named = |(service, name, run): &(Service, &'static str, Run)| QueryOperation {
        name,
        service: *service,
        run: *run,
    };
    TABLE.iter().find(|row| row.1 == action).map(named)
}

const TABLE: &[(Service, &str, Run)] = &[
    (Service::Sts, "GetCallerIdentity", |w, q| {
        w.caller_identity(q.message)
    }),
    (Service::Sts, "AssumeRole", World::assume_role),
    (Service::Sts, "AssumeRoleWithWebIdentity", |w, q| {
        w.assume_role_with_web_identity(q.form)
    }),
    (Service::Iam, "CreateRole", |w, q| w.create_role(q.form)),
    (Service::Iam, "GetRole", |w, q| w.role(q.form)),
    (Service::Iam, "UpdateRole", |w, q| w.update_role(q.form)),
    (Service::Iam, "UpdateAssumeRolePolicy", |w, q| {
        w.update_assume_role_policy(q.form)
    }),
    (Service::Iam, "DeleteRole", |w, q| w.delete_role(q.form)),
    (Service::Iam, "CreateOpenIDConnectProvider", |w, q| {
        w.create_open_id_connect_provider(q.form)
    }),
    (Service::Iam, "GetOpenIDConnectProvider", |w, q| {
        w.open_id_connect_provider(q.form)
    }),
    (Service::Iam, "DeleteOpenIDConnectProvider", |w, q| {
        w.delete_open_id_connect_provider(q.form)
    }),
];

/// The operations whose answers have no result in them, not even an empty one.
const WITHOUT_RESULT: &[&str] = &[
    "UpdateAssumeRolePolicy",
    "DeleteRole",
    "DeleteOpenIDConnectProvider",
];

impl QueryOperation {
    /// Runs it, if whoever calls may. STS looks for itself.
    pub(crate) fn run(self, world: &mut World, query: &Query<'_>) -> Xml {
        if self.service == Service::Iam {
            self.authorize(world, query.message)?;
        }
        let inside = (self.run)(world, query)?;
        let name = self.name;
        let result = if WITHOUT_RESULT.contains(&name) {
            String::new()
        } else {
            format!("<{name}Result>{inside}</{name}Result>")
        };
        Ok(format!(
            "<{name}Response xmlns=\"{}\">{result}<ResponseMetadata><RequestId>{}</RequestId>\
             </ResponseMetadata></{name}Response>",
            self.service.namespace(),
            random::uuid()
        ))
    }

    fn authorize(self, world: &World, message: &Message<'_>) -> Result<(), Failure> {
        match world.caller(message, "iam") {
            Ok(Caller::Admin) => Ok(()),
            Ok(Caller::Role(keys)) => Err(Failure::access_denied(format!(
                "User: {} is not authorized to perform: iam:{} because no identity-based policy allows the iam:{} action",
                keys.session.arn(),
                self.name,
                self.name
            ))),
            Err(refusal) => Err(refusal.worded(Dialect::Query)),
        }
    }
}

impl Service {
    fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

impl Form {
    /// Reads a query string and a body, in this order.
    pub(crate) fn read(query: &str, body: &[u8]) -> Self {
        let mut all = pairs(query);
        all.append(&mut pairs(&String::from_utf8_lossy(body)));
        Self(all)
    }

    /// A parameter that may be absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name)?;
        Some(&found.1)
    }

    /// The parameters `NAME.member.1`, `NAME.member.2` and so on, each with what follows the number.
    pub(crate) fn list(&self, name: &str, inside: &str) -> Vec<&str> {
        (1..)
            .map_while(|number| self.text(&format!("{name}.member.{number}{inside}")))
            .collect()
    }
}

/// An element with a text in it.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// An error as the query protocol writes it.
pub(crate) fn error_xml(service: Service, failure: &Failure) -> String {
    let kind = if failure.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type>{}{}</Error>{}</ErrorResponse>",
        service.namespace(),
        element("Code", &failure.code),
        element("Message", &failure.message),
        element("RequestId", &random::uuid())
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let form = Form::read(
            "Action=A&X=1",
            b"X=2&T.member.1.Key=a&T.member.2.Key=b%20c&T.member.4.Key=d&L.member.1=x",
        );
        assert_eq!((form.text("X"), form.text("Y")), (Some("1"), None));
        assert_eq!(form.list("T", ".Key"), ["a", "b c"]);
        assert_eq!(form.list("L", ""), ["x"]);
    }

    #[test]
    fn texts_in_xml() {
        assert_eq!(element("A", "<b> & 'c'"), "<A>&lt;b&gt; &amp; 'c'</A>");
    }
}
