"""Whole numbers out of the pages of a Parquet column: loops over bytes, compiled; no file is known here. 解页。

Import this module through `jit.unpacker_for`. A page is what parquet-format calls a data page of version 1: the levels
that say where a value is (one bit each, runs or groups of eight), then the values as deltas in blocks of four times 32.
Nothing is read beyond what was given, whatever the bytes say; bytes of any other shape are refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qingce.evaluate.kernels.jit import compiled

__all__ = ["FIELDS", "NOT_SAID", "PADDING", "gathered", "unpacked"]

FIELDS = 64
"""A header is kept as so many numbers: field f of the structure at depth d (of less than four) in place 16 · d + f."""
NOT_SAID = -(2**62)
PADDING = 24
"""Bytes that must follow the last page: two words are read where a number begins, and the last may not be whole."""

_NOUGHT, _ONE, _TWO, _THREE, _FOUR, _SIX, _SEVEN, _EIGHT = (np.uint64(each) for each in (0, 1, 2, 3, 4, 6, 7, 8))
_SIXTEEN, _GROUP, _WIDEST, _WORD, _LOW = (np.uint64(each) for each in (16, 32, 32, 63, 127))
_LONG, _BLOCK, _ALL = np.uint64(128), np.uint64(128), np.uint64(255)
_DEPTHS, _BEYOND = 4, 16
_BYTE, _BYTES, _STRUCTURE = 3, 8, 12
_LEAST = np.int16(-1)


@compiled
def _varint(data: Any, place: Any, end: Any) -> Any:
    """Read a number of seven bits a byte; returns it and the place behind it, which is beyond `end` where it is cut."""
    number, shift = _NOUGHT, _NOUGHT
    while place < end and shift <= _WORD:
        byte = np.uint64(data[place])
        place += _ONE
        number |= (byte & _LOW) << shift
        shift += _SEVEN
        if byte < _LONG:
            return number, place
    return number, end + _ONE


@compiled
def _signed(number: Any) -> Any:
    """Return the number that zigzag coding writes so."""
    return np.int64(number >> _ONE) ^ -np.int64(number & _ONE)


@compiled
def _header(data: Any, bounds: Any, out: Any) -> Any:
    """Note the numbers of one compact Thrift structure; returns the place behind it, beyond the end if it is cut."""
    place, end = bounds
    outer = np.zeros(_DEPTHS, np.int64)
    depth, field = 0, np.int64(0)
    out[:] = NOT_SAID
    while place < end:
        byte = np.int64(data[place])
        place += _ONE
        kind = byte & 15
        if kind == 0:
            depth -= 1
            if depth < 0:
                return place
            field = outer[depth]
            continue
        field += byte >> 4  # a step of 0, a field's number in full, is in no page header
        if kind == _BYTE:
            place += _ONE
        elif _BYTE < kind <= _BYTES:
            number, place = _varint(data, place, end)
            if kind == _BYTES:
                place += min(number, end)
            else:
                out[16 * depth + field & 63] = _signed(number)
        elif kind == _STRUCTURE and depth < _DEPTHS - 1:
            outer[depth], field = field, np.int64(0)
            depth += 1
        elif kind > _BYTE:
            return end + _ONE
    return end + _ONE


@compiled
def gathered(data: Any, bounds: Any, out: Any) -> Any:
    """Copy the bodies of the pages in `data[begin:end]` one behind another; returns how many there are, -1 if unread.

    `bounds` is (begin, end, the place in a header of the body's size); `out` is (bodies, headers).
    """
    begin, until, size_place = bounds
    bodies, headers = out
    place, end, at, count = np.uint64(begin), np.uint64(min(until, data.shape[0])), _NOUGHT, 0
    while place < end:
        if count == headers.shape[0]:
            return -1
        place = _header(data, (place, end), headers[count])
        size = np.uint64(max(headers[count, size_place], 0))
        if place > end or size > end - place or size > np.uint64(bodies.shape[0]) - at:
            return -1
        for byte in range(size):
            bodies[at + np.uint64(byte)] = data[place + np.uint64(byte)]
        place += size
        at += size
        count += 1
    return count


@compiled
def _blocks(data: Any, bounds: Any, out: Any) -> Any:
    """Find where the numbers of each group of 32 stand [bit], how wide they are, and what every delta is more than.

    Returns how many values there are, -1 if unread or too many, and the first.
    """
    place, end, most = bounds
    places, widths, least = out
    block, place = _varint(data, place, end)
    groups, place = _varint(data, place, end)
    total, place = _varint(data, place, end)
    first, place = _varint(data, place, end)
    if place > end or block != _BLOCK or groups != _FOUR or total > most:
        return -1, 0
    done, group = _ONE, 0
    while done < total:
        number, shift, byte = _NOUGHT, _NOUGHT, _LONG
        while byte >= _LONG and place < end:  # not `_varint`: to hand arrays on costs more than the loop
            byte = np.uint64(data[place])
            place += _ONE
            number |= (byte & _LOW) << shift
            shift += _SEVEN
        behind = place + _FOUR
        for each in range(4):
            if done < total and behind <= end:
                width = np.uint64(data[place + np.uint64(each)])
                places[group], widths[group], least[group] = behind << _THREE, width, _signed(number)
                behind += width << _TWO
                group += 1
                done += _GROUP
                if width > _WIDEST:
                    return -1, 0
        if behind > end:
            return -1, 0
        place = behind
    return np.int64(total), _signed(first)


@compiled
def _from(words: Any, bit: Any) -> Any:
    """Return the 64 bits that begin at a bit; the second shift in two steps, as one of 64 is none."""
    place, shift = bit >> _SIX, bit & _WORD
    return (words[place] >> shift) | ((words[place + _ONE] << _ONE) << (_WORD - shift))


@compiled
def _values(words: Any, blocks: Any, out: Any) -> None:
    """Add the deltas up; they are taken from whole words, as many at once as one of 64 bits is sure to hold."""
    places, widths, least, total, last = blocks
    out[0] = last
    at = _ONE
    for group in range((total + 30) // 32):
        bit, width, step = places[group], widths[group], least[group]
        mask = (_ONE << width) - _ONE
        if width <= _EIGHT:
            for _ in range(4):
                some = _from(words, bit)
                for _ in range(8):
                    last += step + np.int64(some & mask)
                    some >>= width
                    out[at] = last
                    at += _ONE
                bit += width << _THREE
        elif width <= _SIXTEEN:
            for _ in range(8):
                some = _from(words, bit)
                for _ in range(4):
                    last += step + np.int64(some & mask)
                    some >>= width
                    out[at] = last
                    at += _ONE
                bit += width << _TWO
        else:
            for _ in range(32):
                some = _from(words, bit)
                last += step + np.int64(some & mask)
                out[at] = last
                at += _ONE
                bit += width


@compiled
def _laid(data: Any, bounds: Any, out: Any) -> Any:
    """Lay values in the cells that have one; returns how many were laid, -1 if that cannot be read.

    There is room for eight cells more than `rows`, and for as many values as cells.
    """
    place, end, rows = bounds
    values, cells = out
    row, taken = _NOUGHT, _NOUGHT
    while row < rows:
        number, shift, byte = _NOUGHT, _NOUGHT, _LONG
        while byte >= _LONG and place < end:  # not `_varint`: to hand arrays on costs more than the loop
            byte = np.uint64(data[place])
            place += _ONE
            number |= (byte & _LOW) << shift
            shift += _SEVEN
        eights = min(number >> _ONE, (rows - row + _SEVEN) >> _THREE) * (number & _ONE)
        if place >= end or eights > end - place:
            return -1
        if number & _ONE:
            for _ in range(eights):
                bits = np.uint64(data[place])
                place += _ONE
                if bits == _ALL:  # all read before any is written, so that it is done at once
                    a, b, c, d = values[taken], values[taken + _ONE], values[taken + _TWO], values[taken + _THREE]
                    taken += _FOUR
                    e, f, g, h = values[taken], values[taken + _ONE], values[taken + _TWO], values[taken + _THREE]
                    taken += _FOUR
                    cells[row], cells[row + _ONE], cells[row + _TWO], cells[row + _THREE] = a, b, c, d
                    row += _FOUR
                    cells[row], cells[row + _ONE], cells[row + _TWO], cells[row + _THREE] = e, f, g, h
                    row += _FOUR
                else:
                    for _ in range(8):
                        there = bits & _ONE
                        bits >>= _ONE
                        cells[row] = values[taken] | (np.int64(there) - 1)
                        taken += there
                        row += _ONE
        else:
            there = np.uint64(data[place]) & _ONE
            place += _ONE
            for _ in range(min(number >> _ONE, rows - row)):
                cells[row] = values[taken] | (np.int64(there) - 1)
                taken += there
                row += _ONE
    return np.int64(taken)


@compiled
def _long(data: Any, place: Any, end: Any) -> Any:
    """Read a number of four bytes; what is cut is too large for anything."""
    if end - place < _FOUR or end < place:
        return end
    low = np.uint64(data[place]) | np.uint64(data[place + _ONE]) << _EIGHT
    return low | np.uint64(data[place + _TWO]) << _SIXTEEN | np.uint64(data[place + _THREE]) << np.uint64(24)


@compiled
def _pages(data: Any, pages: Any, out: Any) -> Any:
    """Unpack pages that lie within the bytes; `data` is (bytes, the same as words of 64 bits)."""
    bodies, words = data
    begin, sizes, counts = pages
    most = counts.max() if counts.size else 0
    groups = most // 32 + 8
    blocks = np.empty(groups, np.uint64), np.empty(groups, np.uint64), np.empty(groups, np.int64)
    values, cells = np.empty(most + 64, np.int16), np.empty(most + 8, np.int16)
    place, row = np.uint64(begin), 0
    for page in range(sizes.shape[0]):
        end = place + np.uint64(sizes[page])
        levels = place + _FOUR + _long(bodies, place, end)
        if levels > end:
            return False
        total, first = _blocks(bodies, (levels, end, np.uint64(counts[page])), blocks)
        if total < 0:
            return False
        _values(words, (blocks[0], blocks[1], blocks[2], total, first), values)
        laid = _laid(bodies, (place + _FOUR, levels, np.uint64(counts[page])), (values, cells))
        if laid != total:
            return False
        for cell in range(counts[page]):
            out[row + cell] = max(cells[cell], _LEAST)
        place = end
        row += counts[page]
    return True


def unpacked(data: Any, pages: Any, out: Any) -> bool:
    """Fill `out` with the values of pages, -1 where there is none or one below; False where they cannot be read.

    `pages` is (the first one's place in the data, sizes [bytes], counts of cells). `PADDING` bytes follow the pages.
    """
    begin, sizes, counts = pages
    words = data[: len(data) // 8 * 8].view(np.uint64)
    sound = counts.sum() == len(out) and min(begin, counts.min(initial=0), sizes.min(initial=0)) >= 0
    if not sound or begin + sizes.sum() + _BEYOND > 8 * len(words):
        return False
    return bool(_pages((data, words), pages, out))
