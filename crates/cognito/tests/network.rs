//! Proxies and authorities of one's own: every call takes the way that is configured, and no other.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and look at the clock"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/log.rs"]
mod log;
#[path = "support/person.rs"]
mod person;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/sandbox.rs"]
mod sandbox;

use person::Person;
use poolkey_cognito::Cognito;
use poolkey_core::config::{
    BrowserSpec, Flow, LoginSpec, ManagedLogin, Network, OidcSpec, ProfileSpec,
};
use poolkey_core::console::Destination;
use poolkey_core::conversation::Thread;
use poolkey_core::event::Farewell;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use proxy::{Authority, Manner, Proxy, front};
use sandbox::specs::{by, pool, source};
use sandbox::{Sandbox, Seeded, cognito};
use serde_json::json;

/// A name that is nowhere: what goes another way than the proxy's finds nobody.
const NAME: &str = "cognito.poolkey.test";

/// The sandbox behind TLS, its certificate of an authority that nobody knows.
struct Stage {
    // It ends with the stage.
    _sandbox: Sandbox,
    chain: Seeded,
    authority: Authority,
    url: String,
    port: u16,
}

impl Stage {
    async fn new(name: &str) -> Option<Self> {
        let sandbox = Sandbox::start()?;
        let chain = sandbox.seed(&json!({}));
        let authority = Authority::new(name);
        let address = sandbox.url().trim_start_matches("http://").to_owned();
        let port = front(authority.server(&[NAME, "localhost"]), address).await;
        Some(Self {
            _sandbox: sandbox,
            chain,
            authority,
            url: format!("https://{NAME}:{port}"),
            port,
        })
    }

    fn network(&self, proxy: &str) -> Network {
        Network {
            proxy: Some(Secret::new(proxy)),
            no_proxy: Vec::new(),
            ca_bundle: Some(self.authority.file.clone()),
        }
    }

    fn through(&self, proxy: &str) -> Cognito {
        let cognito = cognito();
        cognito.use_network(&self.network(proxy));
        assert_eq!(cognito.network_trouble(), None);
        cognito
    }

    fn login(&self) -> LoginSpec {
        let mut spec = self.chain.login(Flow::UserSrp);
        pool(&mut spec).endpoint = Some(self.url.clone());
        spec
    }

    fn profile(&self) -> ProfileSpec {
        let mut spec = self.chain.profile(None);
        source(&mut spec).endpoint = Some(self.url.clone());
        spec.sts.endpoint = Some(self.url.clone());
        spec.signin_endpoint = Some(self.url.clone());
        spec
    }

    /// One call of the AWS SDK that ends before anybody is asked for anything more.
    async fn call(&self, cognito: &Cognito) -> Result<(), Fault> {
        let token = Secret::new("no-token");
        let result = cognito.refresh(&self.login(), &token, None, None).await;
        match result {
            Err(fault) if matches!(fault.kind, FaultKind::Ended(_)) => Ok(()),
            Err(fault) => Err(fault),
            Ok(_) => panic!("nobody has this token"),
        }
    }
}

fn http(proxy: &Proxy) -> String {
    format!("http://127.0.0.1:{}", proxy.port)
}

/// From a password to keys, to who they are and to the console, all by `CONNECT`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_chain_goes_through_the_proxy() {
    let Some(stage) = Stage::new("chain").await else {
        return;
    };
    let proxy = Proxy::start(Manner::Open).await;
    let cognito = stage.through(&http(&proxy));
    let chain = &stage.chain;
    let person = Person::of(chain.text("username"), chain.text("password"), &chain.ids);
    let (login, profile) = (stage.login(), stage.profile());
    let tokens = person.sign_in(&cognito, &login).await.unwrap();
    let proof = by(&tokens.id_token);
    let keys = cognito
        .fetch(&profile, &proof, None, None)
        .await
        .unwrap()
        .keys;
    let who = cognito.identify(&profile, &keys, None).await.unwrap();
    assert!(who.arn.contains(":assumed-role/"), "{}", who.arn);
    let there = Destination::default();
    cognito.open_console(&profile, &keys, &there).await.unwrap();
    let refresh = tokens.refresh_token.unwrap();
    cognito.refresh(&login, &refresh, None, None).await.unwrap();
    let farewell = Farewell::default();
    let parting = cognito.revoke(&login, Some(&refresh), None, &farewell);
    parting.await.revoked.unwrap();

    let asked = proxy.seen();
    assert!(!asked.is_empty());
    let expected = format!("CONNECT {NAME}:{} HTTP/1.1\r\n", stage.port);
    for head in asked {
        assert!(head.starts_with(&expected), "{head}");
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
    }
}

/// OpenID discovery, managed login's page and its token endpoint are no calls of the AWS SDK.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oauth_goes_through_the_proxy() {
    let Some(stage) = Stage::new("oauth").await else {
        return;
    };
    let proxy = Proxy::start(Manner::Open).await;
    let cognito = stage.through(&http(&proxy));
    let browser = BrowserSpec {
        redirect_uris: vec!["http://localhost:0/".into()],
        ..BrowserSpec::default()
    };

    let oidc = LoginSpec::Oidc(OidcSpec {
        issuer: format!("{}/_idp/nobody", stage.url),
        client_id: "c".into(),
        username: None,
        browser: browser.clone(),
        session_life: None,
    });
    let fault = cognito.begin(&oidc, Thread::default()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
    assert!(fault.text.contains("HTTP status 404"), "{fault}");
    assert_eq!(proxy.seen().len(), 1);
    proxy.forget();

    let mut managed = stage.login();
    let spec = pool(&mut managed);
    spec.flow = Flow::Browser;
    spec.managed_login = Some(ManagedLogin {
        domain: stage.url.clone(),
        browser,
        identity_provider: None,
        logout_uri: None,
    });
    let token = Secret::new("no-token");
    let refreshed = cognito.refresh(&managed, &token, None, None).await;
    let fault = refreshed.unwrap_err();
    assert!(
        !matches!(fault.kind, FaultKind::Unreachable | FaultKind::Lost),
        "{fault}"
    );
    // It may share the connection of the call before, which is the proxy's as well.
    let all = proxy.seen();
    assert!(
        all.iter().all(|head| head.starts_with("CONNECT ")),
        "{all:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_is_told_who_asks_and_nobody_else_is() {
    let Some(stage) = Stage::new("auth").await else {
        return;
    };
    // ada:p@ss:w%rd
    let proxy = Proxy::start(Manner::Asks(
        "Proxy-Authorization: Basic YWRhOnBAc3M6dyVyZA==",
    ))
    .await;
    let url = |user: &str| format!("http://{user}127.0.0.1:{}", proxy.port);
    stage
        .call(&stage.through(&url("ada:p%40ss:w%25rd@")))
        .await
        .unwrap();
    for user in ["", "ada:wr0ng-w0rd@"] {
        let fault = stage.call(&stage.through(&url(user))).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable);
        let name = format!("The proxy 127.0.0.1:{} wants a user name", proxy.port);
        assert!(fault.text.starts_with(&name), "{fault}");
        assert!(fault.text.contains("[settings]"), "{fault}");
        assert!(!fault.text.contains("wr0ng"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_on_the_way_is_told_by_its_place() {
    let Some(stage) = Stage::new("wrong").await else {
        return;
    };
    for status in [403, 502, 204] {
        let proxy = Proxy::start(Manner::Refuses(status)).await;
        let fault = stage.call(&stage.through(&http(&proxy))).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable);
        assert!(
            fault
                .text
                .contains("does not open a way to cognito.poolkey.test"),
            "{fault}"
        );
        assert!(fault.text.contains("no_proxy"), "{fault}");
    }
    // Nobody is there: the port was let go.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let cognito = stage.through(&format!("http://127.0.0.1:{port}"));
    let fault = stage.call(&cognito).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    let told = format!("Could not connect to the proxy 127.0.0.1:{port}: connection refused");
    assert!(fault.text.starts_with(&told), "{fault}");
    // Somebody is there who says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let cognito = stage.through(&format!("http://127.0.0.1:{port}"));
    let fault = stage.call(&cognito).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    let told = format!("through the proxy 127.0.0.1:{port} within 3 seconds");
    assert!(fault.text.contains(&told), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_authority_a_certificate_is_not_trusted() {
    let Some(stage) = Stage::new("trust").await else {
        return;
    };
    let proxy = Proxy::start(Manner::Open).await;
    let other = Authority::new("other");
    for bundle in [None, Some(other.file.clone())] {
        let cognito = cognito();
        cognito.use_network(&Network {
            ca_bundle: bundle,
            ..stage.network(&http(&proxy))
        });
        let fault = stage.call(&cognito).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable);
        let told = format!(
            "The certificate of {NAME}:{} is of an authority",
            stage.port
        );
        assert!(fault.text.starts_with(&told), "{fault}");
        assert!(fault.text.contains("ca_bundle = "), "{fault}");
    }
    // The same without a proxy: this machine is reached straight.
    let mut spec = stage.login();
    pool(&mut spec).endpoint = Some(format!("https://localhost:{}", stage.port));
    let cognito = cognito();
    let token = Secret::new("no-token");
    let fault = cognito
        .refresh(&spec, &token, None, None)
        .await
        .unwrap_err();
    assert!(fault.text.contains("ca_bundle = "), "{fault}");
    cognito.use_network(&stage.network(&http(&proxy)));
    proxy.forget();
    let fault = cognito
        .refresh(&spec, &token, None, None)
        .await
        .unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Ended(_)), "{fault}");
    assert_eq!(proxy.seen(), [""; 0], "this machine needs no proxy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_may_itself_be_behind_tls() {
    let Some(stage) = Stage::new("tls").await else {
        return;
    };
    let tls = stage.authority.server(&["localhost"]);
    let proxy = Proxy::behind(Manner::Asks("Proxy-Authorization: Basic YTpi"), Some(tls)).await;
    let url = format!("https://a:b@localhost:{}", proxy.port);
    stage.call(&stage.through(&url)).await.unwrap();
    assert_eq!(proxy.seen().len(), 1);
    // Whose certificate it is that nobody trusts.
    let cognito = cognito();
    cognito.use_network(&Network {
        ca_bundle: None,
        ..stage.network(&url)
    });
    let fault = stage.call(&cognito).await.unwrap_err();
    let told = format!(
        "The certificate of the proxy localhost:{} is of",
        proxy.port
    );
    assert!(fault.text.starts_with(&told), "{fault}");
}

/// Connections of the way before are not used for the next call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_way_is_taken_from_one_call_to_the_next() {
    let Some(stage) = Stage::new("change").await else {
        return;
    };
    let (first, second) = (
        Proxy::start(Manner::Open).await,
        Proxy::start(Manner::Open).await,
    );
    let cognito = stage.through(&http(&first));
    stage.call(&cognito).await.unwrap();
    stage.call(&cognito).await.unwrap();
    assert_eq!(first.seen().len(), 1, "calls share a connection");
    // The same again is no change.
    cognito.use_network(&stage.network(&http(&first)));
    stage.call(&cognito).await.unwrap();
    assert_eq!(first.seen().len(), 1);
    cognito.use_network(&stage.network(&http(&second)));
    stage.call(&cognito).await.unwrap();
    assert_eq!((first.seen().len(), second.seen().len()), (1, 1));
    // A file of authorities that changed is another way, too.
    Authority::new("next").write(&stage.authority.file);
    cognito.use_network(&stage.network(&http(&second)));
    let fault = stage.call(&cognito).await.unwrap_err();
    assert!(fault.text.contains("ca_bundle"), "{fault}");
}

/// Nothing goes around what a person has configured; what is mended is taken up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_that_cannot_be_used_stops_everything() {
    let Some(stage) = Stage::new("blocked").await else {
        return;
    };
    let file = stage.authority.file.with_extension("missing");
    let proxy = Proxy::start(Manner::Open).await;
    let cognito = cognito();
    cognito.use_network(&Network {
        ca_bundle: Some(file.clone()),
        ..stage.network(&http(&proxy))
    });
    let trouble = cognito.network_trouble().unwrap();
    assert!(trouble.contains(&file.display().to_string()), "{trouble}");
    let fault = stage.call(&cognito).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.text),
        (FaultKind::Unreachable, trouble.clone())
    );
    // Not even to this machine, and not by OAuth.
    let mut spec = stage.login();
    pool(&mut spec).endpoint = Some(stage.chain.url.clone());
    let token = Secret::new("no-token");
    let fault = cognito
        .refresh(&spec, &token, None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.text, trouble);
    let oidc = LoginSpec::Oidc(OidcSpec {
        issuer: format!("{}/_idp/nobody", stage.url),
        client_id: "c".into(),
        username: None,
        browser: BrowserSpec::default(),
        session_life: None,
    });
    let fault = cognito.begin(&oidc, Thread::default()).await.unwrap_err();
    assert_eq!(fault.text, trouble);
    assert_eq!(proxy.seen(), [""; 0]);

    stage.authority.write(&file);
    stage.call(&cognito).await.unwrap();
    assert_eq!(cognito.network_trouble(), None);
    std::fs::remove_file(&file).unwrap();

    for (proxy, no_proxy, told) in [
        ("http://ada:s3 cret@proxy", None, "proxy = "),
        ("http://127.0.0.1:1", Some("10.0.0.0/99"), "“10.0.0.0/99”"),
    ] {
        cognito.use_network(&Network {
            proxy: Some(Secret::new(proxy)),
            no_proxy: no_proxy.map(str::to_owned).into_iter().collect(),
            ca_bundle: None,
        });
        let fault = stage.call(&cognito).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable);
        assert!(
            fault.text.contains(told) && !fault.text.contains("s3"),
            "{fault}"
        );
    }
}

/// Whatever goes wrong at whatever level of the log, a proxy's password is its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_hears_nothing_of_a_proxy_s_password() {
    let log = log::Log::everywhere();
    let Some(stage) = Stage::new("log").await else {
        return;
    };
    for manner in [Manner::Open, Manner::Refuses(407), Manner::Refuses(403)] {
        let proxy = Proxy::start(manner).await;
        let cognito = stage.through(&format!("http://ada:s3cretw0rd@127.0.0.1:{}", proxy.port));
        let result = stage.call(&cognito).await;
        log.hears(&format!(
            "{result:?} {:?}",
            stage.network("http://ada:s3cretw0rd@x")
        ));
        assert!(proxy.seen()[0].contains("YWRhOnMzY3JldHcwcmQ="));
    }
    let text = log.text();
    assert!(text.contains("called AWS"), "{text}");
    for secret in ["s3cretw0rd", "YWRhOnMzY3JldHcwcmQ"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
