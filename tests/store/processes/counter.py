"""Count up one record of a book, as many times as told; the process may be killed at any instant."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from qingce.store import open_book


def one_more(value: Mapping[str, object] | None) -> dict[str, object]:
    return {"n": (int(str(value["n"])) if value else 0) + 1}


def main(address: str, times: str, key: str = "count") -> None:
    book = open_book(address)
    for _ in range(int(times)):
        book.change("s", key, one_more, who="process", why="+1")
    book.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
