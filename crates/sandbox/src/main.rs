//! `poolkey-sandbox`: starts a sandbox, says where it is, serves until it is told to stop.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{ArgGroup, Parser, ValueEnum};
use poolkey_sandbox::{CustomRound, Issuer, Options, Sandbox, Seed, Seeded};
use serde::{Serialize, de::DeserializeOwned};

/// A Cognito on your desk: user pools, identity pools and STS on 127.0.0.1.
///
/// Prints one line of JSON when it is ready, then serves until SIGTERM.
#[derive(Parser)]
#[command(version, group = ArgGroup::new("pools").multiple(true))]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Region in which it plays.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Account in which it plays.
    #[arg(long, default_value = "000000000000")]
    account: String,
    /// Who the tokens say has issued them.
    #[arg(long, value_enum, default_value_t = IssuerName::Aws)]
    issuer: IssuerName,
    /// JSON file with a seed, or a list of seeds: pools and users to start with.
    #[arg(long, value_name = "FILE", group = "pools")]
    seed: Option<PathBuf>,
    /// Start with a pool, a user and keys whose names never change.
    #[arg(long, group = "pools")]
    demo: bool,
    /// JSON file with a custom challenge, for the flow CUSTOM_AUTH.
    ///
    /// A row for each round: `[{"parameters":{"question":"2 + 2?"},"answer":"4"}]`.
    /// The pools of --demo and --seed ask it, unless they have one of their own.
    #[arg(long, value_name = "FILE", requires = "pools")]
    custom_challenges: Option<PathBuf>,
    /// Access key id for the administrator's operations.
    #[arg(long, default_value = "sandbox")]
    admin_key: String,
    /// Secret access key for the administrator's operations.
    #[arg(long, default_value = "sandbox-secret")]
    admin_secret: String,
    /// Token for /_sandbox/; by default a new one, told in the ready line.
    #[arg(long)]
    control_token: Option<String>,
    /// Stop when standard input ends, so that a test leaves nothing behind.
    #[arg(long)]
    exit_with_stdin: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum IssuerName {
    /// https://cognito-idp.REGION.amazonaws.com/POOL
    Aws,
    /// http://127.0.0.1:PORT/POOL
    Base,
}

/// The one line on standard output.
#[derive(Serialize)]
struct Ready {
    url: String,
    control_token: String,
    region: String,
    account: String,
    admin_key: String,
    admin_secret: String,
    seeded: Vec<Seeded>,
}

/// A file that says how to start, and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used", path.display())]
struct BadFile {
    path: PathBuf,
    source: Box<dyn Error + Send + Sync>,
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(Arguments::parse())),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let source = error
                .source()
                .map(|source| format!(": {source}"))
                .unwrap_or_default();
            tracing::error!("{error}{source}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let seeds = seeds(&arguments)?;
    let sandbox = Sandbox::bind(Options {
        port: arguments.port,
        region: arguments.region.clone(),
        account: arguments.account.clone(),
        issuer: match arguments.issuer {
            IssuerName::Aws => Issuer::Aws,
            IssuerName::Base => Issuer::Base,
        },
        admin_key: arguments.admin_key.clone(),
        admin_secret: arguments.admin_secret.clone(),
        control_token: arguments.control_token,
    })
    .await?;
    let seeded = seeds
        .into_iter()
        .map(|seed| sandbox.plant(seed))
        .collect::<Result<_, _>>()?;
    let ready = Ready {
        url: sandbox.url(),
        control_token: sandbox.control_token().to_owned(),
        region: arguments.region,
        account: arguments.account,
        admin_key: arguments.admin_key,
        admin_secret: arguments.admin_secret,
        seeded,
    };
    // Listens from here on, so that whoever has read the ready line may stop it.
    let stop = told_to_stop();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(&ready)?)?;
    stdout.flush()?;
    drop(stdout);

    tokio::select! {
        never = sandbox.serve() => match never {},
        () = stop => Ok(()),
        () = stdin_ended(), if arguments.exit_with_stdin => Ok(()),
    }
}

/// What to start with.
fn seeds(arguments: &Arguments) -> Result<Vec<Seed>, BadFile> {
    let mut seeds = Vec::new();
    if arguments.demo {
        seeds.push(Seed::demo());
    }
    if let Some(path) = &arguments.seed {
        seeds.append(&mut read(path, "a seed")?);
    }
    if let Some(path) = &arguments.custom_challenges {
        let rounds: Vec<CustomRound> = read(path, "a round of a custom challenge")?;
        let pools = seeds.iter_mut().map(|seed| &mut seed.pool);
        for pool in pools.filter(|pool| pool.custom.is_empty()) {
            pool.custom.clone_from(&rounds);
        }
    }
    Ok(seeds)
}

/// Reads a file with one thing in it, or with a list of them.
fn read<T: DeserializeOwned>(path: &Path, thing: &str) -> Result<Vec<T>, BadFile> {
    let bad = |source| BadFile {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.into()))?;
    let all = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text)
    } else {
        serde_json::from_str(&text).map(|one| vec![one])
    };
    match all {
        Ok(all) if all.is_empty() => Err(bad(format!("there is not even {thing} in it").into())),
        Ok(all) => Ok(all),
        Err(error) => Err(bad(error.into())),
    }
}

#[cfg(unix)]
fn told_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async move {
        let (Ok(mut term), Ok(mut int)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! { _ = term.recv() => (), _ = int.recv() => () }
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Reads standard input on a thread of its own: a blocked read must not keep the runtime alive.
async fn stdin_ended() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut rest = [0; 1024];
        while std::io::stdin()
            .read(&mut rest)
            .is_ok_and(|count| count > 0)
        {}
        let _ = sender.send(());
    });
    let _ = receiver.await;
}
