"""A Spark standalone master and two workers on the loopback, real processes, for the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT = 120


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def standalone(folder: Path, *, workers: int = 2, memory: str = "1g") -> Iterator[str]:
    """Yield the master's address; every process is gone afterwards."""
    import pyspark

    home, port = Path(pyspark.__file__).parent, free_port()
    address = f"spark://127.0.0.1:{port}"
    env = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_NO_DAEMONIZE": "1",
        "PYSPARK_PYTHON": sys.executable,
    }

    def start(name: str, *words: str) -> subprocess.Popen[bytes]:
        with (folder / f"{name}.log").open("wb") as log:
            command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{words[0]}", *words[1:]]
            return subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)

    started = [start("master", "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")]
    try:
        wait_for(folder / "master.log", "New state: ALIVE")
        for number in range(workers):
            where = ["--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", memory]
            started.append(start(f"worker{number}", "worker.Worker", *where, address))
        for number in range(workers):
            wait_for(folder / f"worker{number}.log", "Successfully registered with master")
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(30)


def wait_for(log: Path, words: str) -> None:
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if words in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    raise TimeoutError(f"{words!r} not in {log}:\n{log.read_text(errors='replace')[-2000:]}")
