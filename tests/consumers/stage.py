"""A private desktop to test on: home, runtime directory, session bus, keychain, sandbox, daemon.

Nothing of the person's own is read or written, and everything that is started is stopped.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

from service import Service

LOGIN, PROFILE = "demo", "dev"
USER, PASSWORD = "demo", "Demo-Passw0rd!"
POOL, CLIENT = "us-east-1_Demo00001", "demo0000000000000000000001"
IDENTITY_POOL = "us-east-1:00000000-0000-4000-8000-000000000001"
ODD = "acme/prod-1_a.b%@:+c"  # each kind of character that a profile's name may have


class Stage:
    """Use it as a context manager."""

    def __init__(self, binaries, programs):
        self.built = pathlib.Path(binaries)
        self.programs = programs
        self.closing = contextlib.ExitStack()
        self.running = set()
        self.life = 3600  # seconds that the sandbox's keys work

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.closing.close()
            raise
        return self

    def __exit__(self, *_):
        self.closing.close()

    def open(self):
        # Short, for a socket's path has 107 bytes at most.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pk-", dir="/tmp"))
        self.closing.callback(shutil.rmtree, self.home, ignore_errors=True)
        for name in ("bin", "run", "config", "data", "state", "cache", ".aws", "runs"):
            (self.home / name).mkdir(mode=0o700)
        # Copies, so that a build at the same time changes nothing, and processes are known by them.
        self.binaries = self.home / "bin"
        self.shim = self.binaries / "poolkey-credential-process"
        for name in ("poolkey", "poolkey-credential-process", "poolkeyd", "poolkey-sandbox"):
            shutil.copy2(self.built / name, self.binaries)
        self.socket = self.home / "run/poolkey.socket"
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            # Without it, a client that finds nobody there goes on to look for the person's own.
            "POOLKEY_SOCKET": str(self.socket),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "AWS_CONFIG_FILE": str(self.home / ".aws/config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / ".aws/credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            # A call that only works the second time has not worked.
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NODE_NO_WARNINGS": "1",
        }
        self.start_desktop()
        self.start_sandbox()
        self.closing.callback(self.stop_daemon)

    def start(self, *command, **options):
        """Starts a program that is ended with the stage, and by the kernel if this process dies."""
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *map(str, command)], env=self.env, **options
        )
        self.closing.callback(end, process)
        return process

    def start_desktop(self):
        bus = self.start(
            *("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"),
            *("--address", f"unix:path={self.home}/run/bus"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        keyring = self.start(
            *("gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        keyring.stdin.write(b"private")
        keyring.stdin.close()

        def is_there():
            listed = self.run(
                *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"),
                "org.freedesktop.DBus.ListNames",
            )
            return "org.freedesktop.secrets" in listed.stdout

        until(is_there, "the keychain")

    def start_sandbox(self):
        log = self.closing.enter_context(open(self.home / "sandbox.log", "wb"))
        sandbox = self.start(
            *(self.binaries / "poolkey-sandbox", "--demo", "--exit-with-stdin"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        ready = json.loads(sandbox.stdout.readline())
        self.url, self.token = ready["url"], ready["control_token"]
        service = Service(self)
        self.closing.callback(service.close)
        self.env.update(STS_URL=self.url, S3_URL=service.url)

    def control(self, method, path, body=None):
        """A call of the sandbox's control endpoint."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Sandbox-Control": self.token},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def counts(self):
        """How often each operation was called."""
        counts = self.control("GET", "calls")["counts"]
        return lambda operation: counts.get(operation, 0)

    def issued(self):
        """Every access key that the sandbox gave out."""
        calls = self.control("GET", "calls?operation=GetCredentialsForIdentity")["calls"]
        return {call["access_key_id"] for call in calls if call["outcome"] == "ok"}

    def run(self, *command, stdin=subprocess.DEVNULL, input=None, env=None, timeout=120):
        """Runs a program to its end, as a person on this desktop would."""
        command = [str(word) for word in command]
        process = subprocess.Popen(
            command,
            env=self.surroundings(env),
            stdin=stdin if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.add(process)
        try:
            out, err = process.communicate(input, timeout)
        finally:
            process.kill()
            self.running.discard(process)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def surroundings(self, changes):
        """The environment of a program; what is None is taken out of it."""
        env = {**self.env, **(changes or {})}
        return {name: value for name, value in env.items() if value is not None}

    def watch(self, gate, *command, env=None, timeout=180, first=None, failures=None):
        """Runs a program like `run`, and has it pass a gate until it has printed its first line,
        which calls `first`. It is ended once so many failures were seen."""
        with tempfile.TemporaryFile("w+") as err:
            with gate:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    env=self.surroundings(env),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=err,
                    text=True,
                )
                self.running.add(process)
                timer = threading.Timer(timeout, process.kill)
                timer.start()
                out = [process.stdout.readline()]
            if first:
                first()
            for line in process.stdout:
                out.append(line)
                if failures and sum(each.startswith("failed") for each in out) == failures:
                    process.kill()
                    break
            process.stdout.close()
            code = 0 if process.wait() == -signal.SIGKILL and failures else process.returncode
            timer.cancel()
            self.running.discard(process)
            err.seek(0)
            return subprocess.CompletedProcess(command, code, "".join(out), err.read())

    def abandon(self):
        """Ends what runs at this moment, so that nothing has to be waited for."""
        for process in list(self.running):
            process.kill()

    def poolkey(self, *words, **options):
        """Runs `poolkey`; it must succeed."""
        done = self.run(self.binaries / "poolkey", *words, **options)
        assert done.returncode == 0, f"poolkey {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def sign_in(self):
        self.poolkey(
            *("login", LOGIN, "--user-pool-id", POOL, "--client-id", CLIENT),
            *("--username", USER, "--endpoint", self.url),
            input=PASSWORD + "\n",
        )

    def sign_in_again(self):
        self.poolkey("login", LOGIN, input=PASSWORD + "\n")

    def give_keys_of(self, seconds, **lifetimes):
        """From now on, and at once."""
        self.control("POST", "lifetimes", {"keys_seconds": seconds, **lifetimes})
        self.life = seconds
        self.poolkey("renew", LOGIN)

    def serve(self, profile):
        """A named grant, as the variables that a container gets."""
        told = json.loads(self.poolkey("serve", "--profile", profile, "--json"))
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": told["url"],
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": told["token_file"],
        }

    def add_profile(self, name):
        """Adds a Poolkey profile; returns the lines for ~/.aws/config that the person is told."""
        told = self.poolkey(
            *("profile", "add", name, "--login", LOGIN),
            *("--identity-pool-id", IDENTITY_POOL, "--endpoint", self.url),
        )
        return told[told.index("[") :].strip()

    def write_aws_config(self, told):
        """Profiles of the AWS tools: what Poolkey told, odd ones, and one for each program."""
        spaced = self.home / "a b/poolkey-credential-process"
        spaced.parent.mkdir()
        shutil.copy2(self.shim, spaced)
        commands = {
            "spaced": f'"{spaced}" {PROFILE}',
            "spaced-single": f"'{spaced}' {PROFILE}",
            "unknown": f"{self.shim} nobody",
        }
        for name in self.programs:
            # Counts how often it is run, and becomes the shim.
            counted = self.home / "runs" / f"{name}.sh"
            counted.write_text(f'#!/bin/sh\necho >>"$0.count"\nexec "{self.shim}" "$@"\n')
            counted.chmod(0o700)
            # Go's SDK of before November 2023 drops what follows a closing quote.
            commands[name] = f"{counted} {PROFILE}"
        profiles = told + [
            f"[profile {name}]\ncredential_process = {command}"
            for name, command in commands.items()
        ]
        text = "".join(
            f"{profile}\nregion = us-east-1\nservices = sandbox\n\n" for profile in profiles
        )
        # The person's own, which no surface may fall back to.
        text += "[default]\nregion = eu-central-1\n\n"
        (self.home / ".aws/credentials").write_text(
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        )
        (self.home / ".aws/credentials").chmod(0o600)
        text += f"[services sandbox]\nsts =\n  endpoint_url = {self.url}\n"
        (self.home / ".aws/config").write_text(text)

    def runs(self, name):
        """How often the helper was run for a counted profile so far."""
        file = self.home / "runs" / f"{name}.sh.count"
        return file.stat().st_size if file.exists() else 0

    def daemon(self):
        """The daemon's process id, which the kernel knows from its socket; None if there is none."""
        try:
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(str(self.socket))
                told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                return struct.unpack("iII", told)[0]
        except OSError:
            return None

    def stop_daemon(self):
        """Ends the daemon; the next tool that needs it starts it."""
        if (pid := self.daemon()) is None:
            return
        os.kill(pid, 15)
        try:
            until(lambda: self.daemon() is None and not alive(pid), "the daemon's end")
        except AssertionError:
            os.kill(pid, 9)
            raise


def alive(pid):
    """Whether the process runs; one that waits for its parent to look does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def processes(text):
    """The commands, by process id, that have the text in them."""
    found = {}
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        # A process may end at any moment.
        with contextlib.suppress(OSError):
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if text in command:
                found[int(file.parent.name)] = command
    return found


def until(condition, what, seconds=10):
    """Waits for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} is not to be seen after {seconds} s"
        time.sleep(0.02)


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
