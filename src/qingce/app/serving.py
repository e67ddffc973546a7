"""Serve a campaign on this machine. 在线查看。"""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import suppress
from pathlib import Path

from qingce.app.campaign import Campaign, read_campaign
from qingce.app.output import say
from qingce.core.errors import QingceError, complain
from qingce.publish import compile_templates

__all__ = ["serve_folder", "warm"]


def serve_folder(folder: Path, *, host: str, port: int) -> None:
    """Serve the pages until interrupted; raises QC601, QC605, QC607."""
    import uvicorn

    from qingce.app.web import make_app

    campaign = read_campaign(folder)
    if not (campaign.out / "run.json").exists():
        raise complain("QC605", words={"folder": folder})
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise complain("QC607", words={"port": port}) from error
            raise
    say(f"打开 open  http://{host}:{port}/   按 Ctrl-C 结束 press Ctrl-C to stop")
    threading.Thread(target=warm, args=(campaign,), daemon=True).start()
    uvicorn.run(make_app(campaign, host=host), host=host, port=port, log_level="warning")


def warm(campaign: Campaign) -> None:
    """Do once what the first reader of each kind of page would wait for: the templates, the book, the lake's engine.

    What cannot be opened is left: whoever asks for it is told by number.
    """
    from qingce.store import open_book, open_lake

    compile_templates()
    with suppress(QingceError):
        open_book(campaign.book).close()
        lake = open_lake(campaign.lake)
        try:
            lake.scan("observation", columns=["site"], where={"site": ""})
        finally:
            lake.close()
