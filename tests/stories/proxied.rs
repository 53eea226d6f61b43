//! A network of a company: Squid between here and there, and a firewall whose authority nobody knows.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use poolkey_core::failure::Code;
use poolkey_core::finding::Severity;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Ran, Running, Setup, World, free_port, skip, story, tied, until};
use tempfile::TempDir;

/// A name that is nowhere but in Squid's own file of hosts.
const NAME: &str = "cognito.poolkey.test";
const USER: &str = "ada";
const PASSWORD: &str = "s3cret-of-the-proxy";

/// `USER:PASSWORD` as it is sent.
const SENT: &str = "YWRhOnMzY3JldC1vZi10aGUtcHJveHk=";

const AUTH: &str = "/usr/lib/squid/basic_ncsa_auth";

struct Company {
    squid: Running,
    _firewall: Running,
    place: TempDir,
    proxy: u16,
    front: u16,
}

impl Company {
    fn around(world: &World) -> Self {
        let place = tempfile::Builder::new()
            .prefix("company")
            .tempdir()
            .unwrap();
        // Squid is somebody else where root starts it.
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let path = |name: &str| place.path().join(name).display().to_string();
        certificates(place.path());
        let (proxy, front) = (free_port(), free_port());

        let address = world.road.url();
        let address = address.trim_start_matches("http://");
        let server = path("server.pem");
        let stunnel = format!(
            "foreground = yes\npid =\nsyslog = no\n[front]\naccept = 127.0.0.1:{front}\n\
             connect = {address}\ncert = {server}\n"
        );
        fs::write(path("stunnel.conf"), stunnel).unwrap();

        let hash = openssl(place.path(), &["passwd", "-apr1", PASSWORD]);
        fs::write(path("passwd"), format!("{USER}:{hash}")).unwrap();
        fs::write(path("hosts"), format!("127.0.0.1 {NAME} localhost\n")).unwrap();
        let squid = format!(
            "http_port 127.0.0.1:{proxy}\nhosts_file {}\ndns_nameservers 127.0.0.1\n\
             auth_param basic program {AUTH} {}\nauth_param basic realm company\n\
             acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n\
             access_log stdio:{}\ncache_log {}\ncache deny all\npid_filename none\n\
             coredump_dir {}\npinger_enable off\nvisible_hostname company.test\n\
             shutdown_lifetime 0 seconds\n",
            path("hosts"),
            path("passwd"),
            path("access.log"),
            path("cache.log"),
            place.path().display()
        );
        fs::write(path("squid.conf"), squid).unwrap();

        let start = |name: &str, program: &str, args: &[&str]| {
            let mut command = tied(program);
            command
                .args(args)
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            Running::start(name, &mut command, Path::new(&path(&format!("{name}.log"))))
        };
        let firewall = start("stunnel", "stunnel4", &[&path("stunnel.conf")]);
        let squid = start("squid", "squid", &["-N", "-f", &path("squid.conf")]);
        for port in [proxy, front] {
            until("it listens", 20, || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
        }
        Self {
            squid,
            _firewall: firewall,
            place,
            proxy,
            front,
        }
    }

    /// The usual configuration of the world, in this network.
    fn config(&self, world: &World, settings: &str) -> String {
        let url = format!("https://{NAME}:{}", self.front);
        let rest = world.config_at(&url);
        format!(
            "[settings]\n{settings}{rest}sts_endpoint = \"{url}\"\nsts_region = \"us-east-1\"\n"
        )
    }

    fn proxy(&self, password: &str) -> String {
        format!(
            "proxy = \"http://{USER}:{password}@127.0.0.1:{}\"\n",
            self.proxy
        )
    }

    fn bundle(&self, name: &str) -> String {
        format!(
            "ca_bundle = \"{}\"\n",
            self.place.path().join(name).display()
        )
    }

    /// What Squid did: user, method, host, and how it went.
    fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("access.log")).unwrap_or_default()
    }
}

fn openssl(place: &Path, args: &[&str]) -> String {
    let ran = Ran::of(tied("openssl").args(args).current_dir(place), "");
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

/// `ca.pem`, and `server.pem` of it.
fn certificates(place: &Path) {
    let make = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        openssl(place, &words);
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    make(&format!(
        "req -x509 -days 2 -subj /CN=Firewall {key} -keyout ca.key -out ca.pem"
    ));
    make(&format!(
        "req -subj /CN=front {key} -keyout server.key -out server.csr"
    ));
    let names = format!("subjectAltName=DNS:{NAME},DNS:localhost\n");
    fs::write(place.join("names"), names).unwrap();
    make(
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
         -extfile names -out server.crt",
    );
    let both =
        ["server.key", "server.crt"].map(|name| fs::read_to_string(place.join(name)).unwrap());
    fs::write(place.join("server.pem"), both.concat()).unwrap();
}

fn configure(world: &World, text: &str) {
    world.configure(text);
    let ran = world.poolkey(&["daemon", "reload"], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.status().snapshot.config, None);
}

/// From a password to keys through a proxy that wants one, too, and past a firewall that looks into
/// TLS; each thing that is missing is told with the line that is.
#[test]
fn a_company_s_network() {
    if !Path::new(AUTH).is_file() {
        skip(&format!("{AUTH} is not there"));
        return;
    }
    let setup = Setup {
        tools: &["squid", "stunnel4", "openssl"],
        ..Setup::default()
    };
    story(setup, |world| {
        let mut company = Company::around(world);
        for secret in [PASSWORD, SENT] {
            world.add_secret("proxy password", secret);
        }
        // The environment of whoever started the daemon is not its configuration.
        world.stop_daemon();
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"] {
            world.set_env(name, "http://127.0.0.1:9");
        }
        world.start_daemon();
        let password = format!("{}\n", world.password());
        let login = |world: &World| world.poolkey(&["login", "acme"], &password);
        let (proxy, bundle) = (company.proxy(PASSWORD), company.bundle("ca.pem"));

        configure(world, &company.config(world, &proxy));
        let ran = login(world);
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(
            ran.err.contains(&format!("The certificate of {NAME}")),
            "{ran:?}"
        );
        assert!(ran.err.contains("ca_bundle = "), "{ran:?}");

        configure(world, &company.config(world, &format!("{proxy}{bundle}")));
        let ran = login(world);
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = world.shim("dev");
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = world.poolkey(&["whoami", "dev"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains(":assumed-role/"), "{ran:?}");
        let Reply::Findings(found) = world.ask(&Ask::Examine { login: None }) else {
            panic!("no findings")
        };
        let has = |code: &str, words: &str| {
            let mut all = found.iter().filter(|finding| finding.code == code);
            assert!(
                all.any(|finding| finding.sentence.contains(words)),
                "{code}: {found:#?}"
            );
        };
        let through = format!("through the proxy 127.0.0.1:{}", company.proxy);
        has("endpoint_reachable", &through);
        has("authorities_trusted", "and 1 of ca_bundle");
        has("identity_pool_found", "");
        assert!(
            found
                .iter()
                .all(|finding| finding.severity <= Severity::Note),
            "{found:#?}"
        );
        let nobody = Ask::Examine {
            login: Some("nobody".into()),
        };
        let Reply::Failed(unknown) = world.ask(&nobody) else {
            panic!("somebody is examined")
        };
        assert_eq!(unknown.code, Code::UnknownLogin);
        // Squid tells of a tunnel when it is closed.
        let ours = format!("CONNECT {NAME}:{} {USER} ", company.front);
        let tunnels = || {
            let log = company.log();
            let open = log.lines().filter(|line| line.contains("TCP_TUNNEL/200"));
            open.map(str::to_owned).collect::<Vec<_>>()
        };
        until("tunnels are told of", 20, || tunnels().len() > 1);
        assert!(
            tunnels().iter().all(|line| line.contains(&ours)),
            "{:#?}",
            tunnels()
        );

        // From one call to the next, and nobody is signed out by it.
        let wrong = company.proxy("another");
        configure(world, &company.config(world, &format!("{wrong}{bundle}")));
        let ran = world.poolkey(&["whoami", "dev"], "");
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(
            ran.err.contains("wants a user name and a password"),
            "{ran:?}"
        );
        assert_eq!(world.shim("dev").code, 0, "keys that are there are given");

        let missing = company.bundle("nowhere.pem");
        configure(world, &company.config(world, &format!("{proxy}{missing}")));
        let status = world.poolkey(&["status"], "");
        assert!(status.out.contains("nowhere.pem"), "{status:?}");
        assert!(world.status().daemon.network_trouble.is_some());
        let ran = world.poolkey(&["whoami", "dev"], "");
        assert!(ran.err.contains("nowhere.pem"), "{ran:?}");

        configure(world, &company.config(world, &format!("{proxy}{bundle}")));
        assert_eq!(world.poolkey(&["whoami", "dev"], "").code, 0);
        assert_eq!(world.status().daemon.network_trouble, None);

        // A proxy that nobody configured is not used, wherever the environment names it.
        world.stop_daemon();
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            world.set_env(name, &format!("http://127.0.0.1:{}", company.proxy));
        }
        let here = company.config(world, &bundle).replace(NAME, "localhost");
        world.configure(&here);
        world.start_daemon();
        let ran = world.poolkey(&["whoami", "dev"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!company.log().contains("localhost"), "{}", company.log());
        assert!(company.squid.is_alive());
    });
}
