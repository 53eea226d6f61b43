//! (a) The shim, when the keys are fresh.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::figures::Figures;
use crate::report::{Limit, Report};
use crate::stage::{Stage, profile, until};
use crate::{Pace, Result, wire};

pub(crate) fn measure(stage: &Stage, pace: Pace, report: &mut Report) -> Result<()> {
    eprintln!("(a) the shim, keys fresh");
    let line = wire::exchange(&stage.socket(), wire::keys_of(&profile(1)).as_bytes())?;
    let floor = Floor::start(stage, &line)?;
    let cache = Cache::start(stage)?;

    let path = |path: &Path| path.display().to_string();
    let bench = |name: &str| path(&stage.programs.bench.join(name));
    let shim = vec![path(&stage.shim()), profile(1)];
    let programs = vec![
        vec!["/bin/true".to_owned()],
        vec![bench("floor-c"), path(&floor.socket)],
        vec![bench("floor-rust"), path(&floor.socket)],
        shim.clone(),
        cache.get(),
    ];
    let rounds = pace.pick(600, 300);
    let laps = laps(stage, rounds, &cache.question, &programs)?;
    let times: Vec<Figures> = laps.iter().map(Laps::milliseconds).collect();
    let ratio = |to: usize| times[3].median() / times[to].median();

    report.bar(
        "(a) shim ÷ static Rust floor",
        ratio(2),
        Limit::AtMost(1.25),
        "",
    );
    report.bar("(a) shim ÷ /bin/true", ratio(0), Limit::AtMost(1.6), "");
    report.bar(
        "(a) shim ÷ git credential-cache get",
        ratio(4),
        Limit::AtMost(1.0),
        "",
    );
    report.bar(
        "(a) shim, system calls",
        system_calls(stage, &shim)?,
        Limit::AtMost(60.0),
        "",
    );
    report.bar(
        "(a) shim, minor faults",
        Figures::new(laps[3].faults.clone(), "").median(),
        Limit::AtMost(90.0),
        "",
    );
    report.bar(
        "(a) shim, peak resident",
        Figures::new(laps[3].peaks.clone(), "").max() / 1024.0,
        Limit::AtMost(3.0),
        "MiB",
    );
    for (name, index) in [
        ("/bin/true", 0),
        ("floor, C", 1),
        ("floor, static Rust", 2),
        ("shim", 3),
        ("git credential-cache get", 4),
    ] {
        let faults = Figures::new(laps[index].faults.clone(), "").median();
        let peak = Figures::new(laps[index].peaks.clone(), "").max();
        report.note(
            &format!("(a) {name}"),
            format!("{}; {faults} faults, {peak} KiB", times[index]),
        );
    }
    report.note(
        "(a) bytes of the document's line",
        format!("{}", line.len()),
    );
    Ok(())
}

/// What the runs of one program cost.
#[derive(Default)]
pub(crate) struct Laps {
    nanos: Vec<f64>,
    faults: Vec<f64>,
    peaks: Vec<f64>,
}

impl Laps {
    pub(crate) fn milliseconds(&self) -> Figures {
        Figures::new(self.nanos.iter().map(|nanos| nanos / 1e6).collect(), "ms")
    }
}

/// Runs programs turn by turn, each with this file as its input.
pub(crate) fn laps(
    stage: &Stage,
    rounds: u32,
    stdin: &Path,
    programs: &[Vec<String>],
) -> Result<Vec<Laps>> {
    let mut command = stage.command(stage.programs.bench.join("laps-c"));
    command.arg(rounds.to_string()).arg(stdin);
    for program in programs {
        command.arg("--").args(program);
    }
    let out = command.stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err("a program failed".into());
    }
    let mut laps: Vec<Laps> = programs.iter().map(|_| Laps::default()).collect();
    for line in String::from_utf8(out.stdout)?.lines() {
        let figures: Vec<f64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [index, nanos, faults, peak] = figures[..] else {
            return Err("laps speaks in riddles".into());
        };
        let lap = &mut laps[index as usize];
        lap.nanos.push(nanos);
        lap.faults.push(faults);
        lap.peaks.push(peak);
    }
    Ok(laps)
}

fn system_calls(stage: &Stage, program: &[String]) -> Result<f64> {
    let trace = stage.home.join("strace");
    let status = stage
        .command("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&trace)
        .args(program)
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("strace failed".into());
    }
    Ok(fs::read_to_string(trace)?.lines().count() as f64)
}

/// The bare server, and where it listens.
pub(crate) struct Floor {
    pub(crate) socket: PathBuf,
    server: std::process::Child,
}

impl Floor {
    pub(crate) fn start(stage: &Stage, bytes: &[u8]) -> Result<Self> {
        let socket = stage.home.join("run/bare");
        let file = stage.home.join("bytes");
        fs::write(&file, bytes)?;
        let server = stage
            .command(stage.programs.bench.join("bare"))
            .arg(&socket)
            .arg(&file)
            .spawn()?;
        until("the floor listens", || socket.exists())?;
        Ok(Self { socket, server })
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// git's own daemon for passwords, with one in it.
struct Cache {
    socket: String,
    question: PathBuf,
}

impl Cache {
    fn start(stage: &Stage) -> Result<Self> {
        let directory = stage.home.join("git");
        // git trusts no directory that others can enter.
        fs::DirBuilder::new().mode(0o700).create(&directory)?;
        let question = directory.join("question");
        fs::write(&question, "protocol=https\nhost=example.com\n\n")?;
        let answer = directory.join("answer");
        // As long as a session token.
        let password = "p".repeat(1400);
        fs::write(
            &answer,
            format!("protocol=https\nhost=example.com\nusername=u\npassword={password}\n\n"),
        )?;
        let cache = Self {
            socket: directory.join("socket").display().to_string(),
            question,
        };
        let run = |verb: &str, stdin: &Path| -> Result<Vec<u8>> {
            let mut words = cache.get();
            words.pop();
            let mut git: Command = stage.command(&words[0]);
            let git = git.args(&words[1..]).arg(verb);
            git.stdin(fs::File::open(stdin)?).stderr(Stdio::null());
            Ok(git.output()?.stdout)
        };
        run("store", &answer)?;
        let told = run("get", &cache.question)?;
        if String::from_utf8(told)?.contains(&password) {
            Ok(cache)
        } else {
            Err("git credential-cache keeps nothing".into())
        }
    }

    fn get(&self) -> Vec<String> {
        let words = ["git", "credential-cache", "--socket", &self.socket, "get"];
        words.map(str::to_owned).to_vec()
    }
}
