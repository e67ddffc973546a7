"""Whole numbers out of the body of a Parquet data page (version 1), slowly: bit by bit, as the format says."""

from __future__ import annotations


def cells_of(body: bytes, count: int) -> list[int | None]:
    """Return the cells of one page, None where there is no value."""
    length = int.from_bytes(body[:4], "little")
    there = _levels(body[4 : 4 + length], count)
    values = iter(_deltas(body[4 + length :]))
    return [next(values) if bit else None for bit in there]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, place


def _zigzag(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def _bits(data: bytes, width: int, count: int) -> list[int]:
    whole = int.from_bytes(data, "little")
    return [whole >> (width * place) & ((1 << width) - 1) for place in range(count)]


def _levels(data: bytes, count: int) -> list[int]:
    found: list[int] = []
    place = 0
    while len(found) < count:
        head, place = _varint(data, place)
        if head % 2:
            size = head // 2
            found += _bits(data[place : place + size], 1, 8 * size)
            place += size
        else:
            found += [data[place]] * (head // 2)
            place += 1
    return found[:count]


def _deltas(data: bytes) -> list[int]:
    block, place = _varint(data, 0)
    groups, place = _varint(data, place)
    total, place = _varint(data, place)
    first, place = _varint(data, place)
    found = [_zigzag(first)]
    size = block // groups
    while len(found) < total:
        least, place = _varint(data, place)
        widths = data[place : place + groups]
        place += groups
        for width in widths:
            if len(found) >= total:
                break
            end = place + size * width // 8
            for more in _bits(data[place:end], width, size):
                found.append(found[-1] + _zigzag(least) + more)
            place = end
    return found[:total]
