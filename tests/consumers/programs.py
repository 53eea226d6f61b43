"""The programs that judge: each makes its calls with one client, and prints a line a call."""

import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent

CLI_1, CLI_2 = "aws-cli-1", "aws-cli-2"
THREADS = "boto3-threads"  # boto3, run with eight threads only


def find(target):
    """The programs that are there, by name; and why the others are not."""
    venv, others = target / "venv-consumers/bin", target / "venv-consumers-others/bin"
    node, go = target / "node-consumers", target / "consumers-go"
    java = target / "consumers-java"
    jvm = ["java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]
    jvm.append(f"{java}/classes:{java}/jars/*")
    two = version_two()
    all_of_them = {
        CLI_1: [venv / "python", HERE / "aws.py", venv / "aws"],
        CLI_2: [venv / "python", HERE / "aws.py", two],
        "boto3": [venv / "python", HERE / "boto.py"],
        THREADS: [venv / "python", HERE / "boto.py"],
        "s3fs": [others / "python", HERE / "aio.py"],
        "js-chain": ["node", node / "consumer.mjs", "chain"],
        "js-process": ["node", node / "consumer.mjs", "process"],
        "js-2": ["node", node / "consumer2.cjs"],
        "rust": [target / "consumers-rust/debug/consumer"],
        "go": [go / "go"],
        "go-1": [go / "go1"],
        "java": [*jvm, "Consumer2"],
        "java-1": [*jvm, "Consumer1"],
        "c": [venv / "python", HERE / "crt.py"],
        "c++": [venv / "python", HERE / "cpp.py"],
        "ruby": ["ruby", HERE / "consumer.rb"],
        "php": ["php", HERE / "consumer.php"],
        "duckdb": [others / "python", HERE / "duck.py"],
        "obstore": [others / "python", HERE / "stores.py", "obstore"],
        "opendal": [others / "python", HERE / "stores.py", "opendal"],
        "gdal": [others / "python", HERE / "gdal.py"],
        "minio-go": [go / "minio"],
    }
    missing = {}
    if not two:
        missing[CLI_2] = "none is on PATH"
    for name in ("go", "go-1", "minio-go"):
        if not all_of_them[name][0].exists():
            missing[name] = "Debian's packages of its source are not installed"
    if not (java / "classes").exists() or not shutil.which("java"):
        missing.update(dict.fromkeys(("java", "java-1"), "no JDK is installed"))
    for name in ("ruby", "php"):
        if not shutil.which(name):
            missing[name] = "Debian's packages of it are not installed"
    there = {name: words for name, words in all_of_them.items() if name not in missing}
    return there, missing


def version_two():
    """An AWS CLI 2 on PATH, whatever comes before it."""
    for directory in os.environ["PATH"].split(":"):
        program = shutil.which("aws", path=directory)
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True)
            if "aws-cli/2" in said.stdout:
                return program
    return None
