"""What a bare machine lacks: a virtual environment, and the system's packages that the tests look at pages with.

python tools/bare.py venv FOLDER     make the environment, with or without Debian's python3-venv
python tools/bare.py system          install the tests' packages when root; else name what is missing
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "chromium": "chromium",
    "soffice": "libreoffice-writer libreoffice-calc",
    "pdftoppm": "poppler-utils",
    "fc-list": "fontconfig",
    "java": "openjdk-17-jre-headless",
    "/usr/lib/postgresql": "postgresql",
    "/usr/share/fonts/opentype/noto": "fonts-noto-cjk",
}


def make_environment(folder: str) -> int:
    """Make `folder` a virtual environment; try venv, then its Debian package, then virtualenv from PyPI."""
    if sys.version_info < (3, 11):
        print(f"需要 Python 3.11 以上，现为 {sys.version.split()[0]} | Python 3.11 or later is needed")
        return 1
    if os.path.exists(os.path.join(folder, "bin", "python")):
        return 0
    if subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode == 0:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt("python3-venv")
        return subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=False).returncode
    user = ["--user", "--break-system-packages"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *user, "virtualenv"], check=False)
    return subprocess.run([sys.executable, "-m", "virtualenv", "--quiet", folder], check=False).returncode


def missing() -> list[str]:
    """Return the Debian packages whose program or folder is not here."""
    found = []
    for thing, package in PACKAGES.items():
        here = os.path.exists(thing) if thing.startswith("/") else shutil.which(thing) is not None
        if not here:
            found += package.split()
    return found


def apt(*packages: str) -> int:
    """Install packages quietly."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode


def install_system() -> int:
    """Install what the tests look at pages with, or say what they will skip."""
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return apt(*packages)
    print(f"未安装，相应测试将跳过：{' '.join(packages)} | not installed, their tests are skipped")
    return 0


if __name__ == "__main__":
    sys.exit(make_environment(sys.argv[2]) if sys.argv[1] == "venv" else install_system())
