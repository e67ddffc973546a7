"""One question to an OpenAI-compatible endpoint, within its time and size. 模型接口。"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from qingce.core.errors import complain

__all__ = ["Answer", "Endpoint", "ask"]

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is; `timeout` [s] bounds a whole answer, `largest` [bytes] its size. Raises QC310 for no URL."""

    url: str
    model: str
    timeout: float = 60.0
    largest: int = 1_000_000

    def __post_init__(self) -> None:
        """Refuse what is no address of the web before anything is sent."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not self.model.strip():
            raise complain("QC310", words={"url": self.url, "model": self.model})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, or a note why there is no answer."""

    text: str = ""
    note: str = ""


def _opener() -> OpenerDirector:
    """The text goes to the address that was named and to no other: no proxy, no redirect."""
    opener = OpenerDirector()
    for handler in (HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    return opener


def ask(endpoint: Endpoint, system: str, text: str) -> Answer:
    """Ask once; whatever goes wrong outside is a note and no error."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    body = json.dumps({"model": endpoint.model, "messages": messages, "temperature": 0, "stream": False}).encode()
    request = Request(
        f"{endpoint.url.rstrip('/')}/chat/completions", body, {"Content-Type": "application/json"}, method="POST"
    )
    last = time.monotonic() + endpoint.timeout
    try:
        with _opener().open(request, timeout=endpoint.timeout) as response:
            raw = _read(response, endpoint, last)
    except TimeoutError:
        return Answer(note=f"模型在 {endpoint.timeout:g} 秒内没有答完 no answer in time")
    except (URLError, HTTPException, OSError) as error:
        timed_out = isinstance(getattr(error, "reason", None), TimeoutError)
        told = (
            f"在 {endpoint.timeout:g} 秒内没有答完 no answer in time" if timed_out else f"没有回答 no answer: {error}"
        )
        return Answer(note=f"模型{told}")
    if raw is None:
        return Answer(note=f"模型的回答超过 {endpoint.largest} 字节，未采用 the answer is too large")
    return _said(raw)


def _read(response: HTTPResponse, endpoint: Endpoint, last: float) -> bytes | None:
    """Read within time and size; None for more than the size, TimeoutError past the time."""
    found = bytearray()
    while chunk := response.read1(_CHUNK):
        found += chunk
        if len(found) > endpoint.largest:
            return None
        if time.monotonic() > last:
            raise TimeoutError
    return bytes(found)


def _said(raw: bytes) -> Answer:
    """The message of the first choice."""
    try:
        content = json.loads(raw)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return Answer(note="模型的回答不合格式，未采用 the answer has not the shape of the interface")
    return Answer(str(content)) if isinstance(content, str) else Answer(note="模型的回答没有文字 no text")
