//! `poolkey token`, with a daemon that has tokens, and with the tools that take them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread::JoinHandle;

use poolkey_core::failure::{Code, NoToken, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::session::{IssuedToken, TokenKind};
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};
use serde_json::{Value, json};

use crate::support::{Asked, Home, POOLKEY, Said, with_login};

/// `{"sub":"0-1","exp":946684800,"token_use":"id"}`
const ID: &str =
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIwLTEiLCJleHAiOjk0NjY4NDgwMCwidG9rZW5fdXNlIjoiaWQifQ.c2ln";
const OPAQUE: &str = "ya29.opaque-~+/=";

#[test]
fn the_token_alone_is_printed() {
    let (home, asked) = desk();
    let said = home.poolkey(&["token", "acme"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    assert_eq!(said.out, format!("{ID}\n"));
    let said = home.poolkey(&["token", "acme", "--id"]);
    assert_eq!(said.out, format!("{ID}\n"));
    let said = home.poolkey(&["token", "acme", "--access"]);
    assert_eq!(said.out, format!("{OPAQUE}\n"));
    assert_eq!(
        asked.all(),
        [
            of("acme", TokenKind::Id),
            of("acme", TokenKind::Id),
            of("acme", TokenKind::Access)
        ]
    );
}

#[test]
fn a_header_is_printed_whole() {
    let (home, _) = desk();
    for (option, header) in [
        ("--header", format!("Authorization: Bearer {ID}\n")),
        ("--header=bearer", format!("Authorization: Bearer {ID}\n")),
        ("--header=bare", format!("Authorization: {ID}\n")),
    ] {
        let said = home.poolkey(&["token", option, "acme"]);
        assert_eq!(
            (said.code, &*said.err, said.out),
            (Some(0), "", header),
            "{option}"
        );
    }
}

#[test]
fn as_json_it_is_one_object() {
    let (home, _) = desk();
    let said = home.poolkey(&["token", "acme", "--json"]);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        told,
        json!({"login": "acme", "kind": "id", "expires": 946_684_800, "token": ID})
    );
    let said = home.poolkey(&["token", "acme", "--json", "--claims"]);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        told,
        json!({
            "login": "acme", "kind": "id", "expires": 946_684_800,
            "claims": {"sub": "0-1", "exp": 946_684_800, "token_use": "id"},
        })
    );
    assert_eq!(said.out.lines().count(), 1);
}

#[test]
fn what_it_says_is_shown_and_not_the_token() {
    let (home, _) = desk();
    let said = home.poolkey(&["token", "acme", "--claims"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out
            .starts_with("Login         acme\nToken         ID token\n")
    );
    assert!(
        said.out
            .contains("\nClaims\n  exp        2000-01-01T00:00:00Z (")
    );
    assert!(said.out.ends_with("  sub        0-1\n  token_use  id\n"));
    assert!(!said.out.contains("eyJ"));
    let said = home.poolkey(&["token", "acme", "--claims", "--access"]);
    assert_eq!((said.code, &*said.out), (Some(15), ""));
    assert!(said.err.contains("no JSON Web Token"), "{said:?}");
}

#[test]
fn the_login_may_be_left_out_or_named_by_a_profile() {
    let named = |config: &str, args: &[&str], aws_profile: Option<&str>| {
        let (home, asked) = desk();
        std::fs::write(home.profiles(), config).unwrap();
        let mut command = home.command(POOLKEY);
        command.arg("token").args(args);
        if let Some(name) = aws_profile {
            command.env("AWS_PROFILE", name);
        }
        (Said::of(&mut command), asked.all().pop())
    };
    let two = format!("{}{}", login("acme"), login("beta"));
    let profiles = "[profile.dev]\nlogin = \"beta\"\nidentity_pool_id = \
                    \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n[profile.open]\n\
                    identity_pool_id = \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n";
    let all = format!("{two}{profiles}");
    for (config, args, aws_profile, login) in [
        (&login("acme"), &[][..], None, "acme"),
        (&login("acme"), &[], Some("theirs"), "acme"),
        (&all, &["beta"], None, "beta"),
        (&all, &["dev"], None, "beta"),
        (&all, &[], Some("dev"), "beta"),
    ] {
        let (said, asked) = named(config, args, aws_profile);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(asked, Some(of(login, TokenKind::Id)));
    }
    for aws_profile in [None, Some("open"), Some("theirs")] {
        let (said, asked) = named(&all, &[], aws_profile);
        assert_eq!((said.code, asked), (Some(2), None));
        assert!(said.err.contains("name one of acme, beta"), "{said:?}");
    }
    let (said, _) = named(&all, &["open"], None);
    assert_eq!(said.code, Some(15));
    assert!(said.err.contains("Guests have no tokens."), "{said:?}");
    let (said, _) = named(&all, &["nobody"], None);
    assert_eq!(said.code, Some(11));
    assert!(said.err.contains("There is no login “nobody”."), "{said:?}");
    let (said, _) = named("", &[], None);
    assert_eq!(said.code, Some(11));
    assert!(said.err.contains("There are no logins."), "{said:?}");
    // What cannot be read keeps nobody from a login that the daemon knows.
    let (said, _) = named("nonsense", &["acme"], None);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn what_stands_in_the_way_is_told() {
    for (trouble, code, told) in [
        (
            Trouble::SignedOut("acme".parse().unwrap()),
            10,
            "Run: poolkey login acme",
        ),
        (
            Trouble::NoToken("acme".parse().unwrap(), NoToken::Program),
            15,
            "poolkey token acme --id",
        ),
    ] {
        let home = with_login();
        let failure = poolkey_core::failure::Failure::from(trouble);
        home.daemon(move |_| Reply::Failed(failure.clone()));
        for args in [
            &["token", "acme"][..],
            &["token", "--header"],
            &["token", "--json", "--claims"],
        ] {
            let said = home.poolkey(args);
            assert_eq!((said.code, &*said.out), (Some(code), ""), "{said:?}");
            assert!(said.err.contains(told), "{said:?}");
        }
    }
    for args in [
        &["token", "--header", "--json"][..],
        &["token", "--id", "--access"],
        &["token", "--header=curl"],
        &["token", "--header", "--claims"],
    ] {
        let (home, asked) = desk();
        let said = home.poolkey(args);
        assert_eq!((said.code, asked.all()), (Some(2), vec![]), "{said:?}");
    }
}

#[test]
fn a_token_of_several_lines_makes_no_header() {
    let home = with_login();
    home.daemon(|_| token("good\r\nX-Evil: 1", TokenKind::Id));
    for args in [&["token", "acme"][..], &["token", "acme", "--header"]] {
        let said = home.poolkey(args);
        assert_eq!((said.code, &*said.out), (Some(15), ""));
        assert!(!said.err.contains("Evil"), "{said:?}");
    }
    let said = home.poolkey(&["token", "acme", "--json"]);
    assert_eq!((said.code, said.out.lines().count()), (Some(0), 1));
}

/// The recipes of `docs/tokens.md`, as they stand there but for the address.
#[cfg(target_os = "linux")]
#[test]
fn recipes_bring_the_token_and_show_it_to_nobody() {
    let page = include_str!("../../../docs/tokens.md");
    let bearer = format!("Bearer {ID}");
    for (recipe, header, body) in [
        (
            "poolkey token acme --header | curl --header @- https://api.example.com/items",
            &*bearer,
            "",
        ),
        (
            "curl --header @<(poolkey token acme --header) --data @order.json \\\n  \
             https://api.example.com/orders",
            &bearer,
            "{\"item\":7}",
        ),
        (
            "poolkey token acme --header=bare |\n  curl --header @- --header 'Content-Type: \
             application/json' \\\n       --data '{\"query\":\"{ me { id } }\"}' \
             https://api.example.com/graphql",
            ID,
            "{\"query\":\"{ me { id } }\"}",
        ),
    ] {
        assert!(page.contains(recipe), "{recipe}");
        let (home, _) = desk();
        std::fs::write(home.path().join("order.json"), "{\"item\":7}").unwrap();
        let (address, api) = api(ID);
        let script = recipe.replace("https://api.example.com", &address);
        let said = shell(&home, "bash", &["-c", &script]);
        assert_eq!((said.code, &*said.out), (Some(0), "served\n"), "{said:?}");
        let seen = api.join().unwrap();
        assert_eq!(seen.authorization.as_deref(), Some(header), "{recipe}");
        assert_eq!(seen.body, body, "{recipe}");
        assert!(!seen.in_argv, "{recipe}");
    }
}

/// The snippet of `docs/tokens.md` asks again when the token is about to end, and not before.
#[test]
fn the_python_of_the_page_asks_for_a_token_while_it_needs_one() {
    let page = include_str!("../../../docs/tokens.md");
    let snippet = page
        .split("```python\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the page has a snippet");
    let (home, asked) = desk();
    let (address, api) = api(ID);
    // The only module of its own that it wants is `requests`, which is played here.
    let requests = "class Session:\n    auth = None\n    def get(self, url):\n        \
                    import urllib.request\n        \
                    r = urllib.request.Request(url)\n        \
                    r.headers = {}\n        r = self.auth(r)\n        \
                    return urllib.request.urlopen(r).read().decode()\n";
    let modules = home.path().join("modules/requests");
    std::fs::create_dir_all(&modules).unwrap();
    std::fs::write(
        modules.join("__init__.py"),
        format!("{requests}from . import auth\n"),
    )
    .unwrap();
    std::fs::write(modules.join("auth.py"), "class AuthBase: pass\n").unwrap();
    let snippet = snippet.replace("https://api.example.com", &address);
    let script = format!(
        "{snippet}\nprint(response, end='')\nfor n in range(5): api.auth(type('R', (), {{'headers': {{}}}})())\n"
    );
    let file = home.path().join("snippet.py");
    std::fs::write(&file, script).unwrap();
    let said = shell(&home, "python3", &[file.to_str().unwrap()]);
    assert_eq!((said.code, &*said.out), (Some(0), "served\n"), "{said:?}");
    let seen = api.join().unwrap();
    assert_eq!(seen.authorization, Some(format!("Bearer {OPAQUE}")));
    // The one that this daemon gives is over already: each request asks again.
    assert_eq!(asked.all(), vec![of("acme", TokenKind::Access); 6]);
}

/// What an API saw of one request.
struct Seen {
    authorization: Option<String>,
    body: String,
    /// Whether the secret stood in any process's command line meanwhile.
    in_argv: bool,
}

/// An API that serves one request.
fn api(secret: &'static str) -> (String, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(peer.try_clone().unwrap());
        let mut seen = Seen {
            authorization: None,
            body: String::new(),
            in_argv: is_in_argv(secret),
        };
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or_default();
            match name.to_lowercase().as_str() {
                "authorization" => seen.authorization = Some(value.to_owned()),
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        std::io::Read::read_exact(&mut reader, &mut body).unwrap();
        seen.body = String::from_utf8(body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nserved\n";
        peer.write_all(answer).unwrap();
        seen
    });
    (address, served)
}

fn is_in_argv(secret: &str) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(secret))
}

/// A shell, or an interpreter, that finds `poolkey`.
fn shell(home: &Home, program: &str, args: &[&str]) -> Said {
    let bin = std::path::Path::new(POOLKEY).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command: Command = home.command(program);
    command
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("PYTHONPATH", home.path().join("modules"))
        .env("CURL_HOME", home.path())
        .env("no_proxy", "127.0.0.1")
        .args(["-s"].iter().filter(|_| program == "curl"))
        .current_dir(home.path())
        .args(args);
    Said::of(&mut command)
}

fn desk() -> (Home, Asked) {
    let home = with_login();
    let asked = home.daemon(|ask| match ask {
        Ask::Token { login, kind } if login == "acme" || login == "beta" => match kind {
            TokenKind::Id => token(ID, *kind),
            TokenKind::Access => token(OPAQUE, *kind),
        },
        Ask::Token { login, .. } => Reply::Failed(Trouble::UnknownLogin(login.clone()).into()),
        _ => Reply::Failed(poolkey_core::failure::Failure {
            code: Code::Other,
            sentence: "Not that.".into(),
            remedy: String::new(),
        }),
    });
    (home, asked)
}

fn login(name: &str) -> String {
    format!("[login.{name}]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n")
}

fn of(login: &str, kind: TokenKind) -> Ask {
    Ask::Token {
        login: login.into(),
        kind,
    }
}

fn token(text: &str, kind: TokenKind) -> Reply {
    Reply::Token(Box::new(IssuedToken {
        login: "acme".parse().unwrap(),
        kind,
        token: Secret::new(text),
        expires: UnixTime::from_secs(946_684_800),
    }))
}
