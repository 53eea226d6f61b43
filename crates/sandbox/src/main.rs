//! `poolkey-sandbox`: starts a sandbox, says where it is, serves until it is told to stop.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use poolkey_sandbox::{Issuer, Options, Sandbox, Seed, Seeded};
use serde::Serialize;

/// A Cognito on your desk: user pools, identity pools and STS on 127.0.0.1.
///
/// Prints one line of JSON when it is ready, then serves until SIGTERM.
#[derive(Parser)]
#[command(version)]
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
    #[arg(long)]
    seed: Option<PathBuf>,
    /// Start with a pool, a user and keys whose names never change.
    #[arg(long)]
    demo: bool,
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

/// A seed file holds one seed or many.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Seeds {
    Many(Vec<Seed>),
    One(Box<Seed>),
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
    let mut seeds = if arguments.demo {
        vec![Seed::demo()]
    } else {
        Vec::new()
    };
    if let Some(path) = arguments.seed {
        match serde_json::from_slice(&std::fs::read(path)?)? {
            Seeds::Many(more) => seeds.extend(more),
            Seeds::One(seed) => seeds.push(*seed),
        }
    }
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
