"""Views become pages: Jinja templates with the few filters they need. 页面生成。"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from qingce.core.rounding import fixed
from qingce.publish.english_page import in_english
from qingce.publish.i18n import words
from qingce.publish.rows import View, chance_text, slug

__all__ = ["Place", "compile_templates", "ink", "page", "shown", "unit"]

_BARE = frozenset({"class", "1", "pH"})
"""Units that are not printed: the value says it all."""
_DARK, _LIGHT = "#1b1f23", "#ffffff"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: its path below the root of its language, the language, and who serves it.

    `depth` is how many folders deep it is shown, where that is not what its path says.
    """

    path: str
    language: str
    served: bool = False
    at_root: bool = False
    assets: bool = True
    depth: int | None = None

    @property
    def up(self) -> str:
        """The way from the page to the root of the site."""
        depth = self.path.count("/") if self.depth is None else self.depth
        depth += self.language != "zh" and not self.at_root
        return "../" * depth

    def href(self, path: str, *, language: str = "") -> str:
        """The relative address of a page, in this page's language unless another is named."""
        language = language or self.language
        return self.up + ("" if language == "zh" else f"{language}/") + path

    def link(self, kind: str, *ids: object, anchor: object = "") -> str:
        """The relative address of the page of something by its kind and ids."""
        path = "/".join([kind, *(slug(str(part)) for part in ids)])
        return self.href(f"{path}.html" + (f"#{slug(str(anchor))}" if anchor else ""))

    def asset(self, name: str) -> str:
        """The relative address of a file of the assets."""
        return f"{self.up}assets/{name}"

    def download(self, name: str) -> str:
        """The relative address of a file that the build wrote beside the site."""
        return f"{self.up}out/{name}" if self.served else f"{self.up}../{name}"


def page(template: str, view: View, place: Place) -> str:
    """Render a view; an unknown name in a template is an error, never a blank."""
    other = "en" if place.language == "zh" else "zh"
    made = environment().get_template(f"{template}.html")
    told = made.render(view=view, place=place, t=words(place.language), other=other)
    return told if place.language == "zh" else in_english(told)


@cache
def environment() -> Environment:
    """Return the templates with their filters, made once."""
    made = Environment(
        loader=PackageLoader("qingce.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., object]] = {
        "shown": shown,
        "ink": ink,
        "slug": slug,
        "localized": localized,
        "unit": unit,
        "chance": chance_text,
    }
    made.filters.update(filters)
    return made


def compile_templates() -> int:
    """Compile every template, so that no reader waits for the first page of its kind; returns how many there are."""
    names = [name for name in environment().list_templates() if name.endswith(".html")]
    for name in names:
        environment().get_template(name)
    return len(names)


@lru_cache(maxsize=1 << 16)
def shown(value: object, places: int | None = None) -> str:
    """Write a number for the eye, with at most `places` decimals, ties to even; the exact one stays in the data.

    Examples
    --------
    >>> shown("41.993377", 1), shown("-0.50"), shown(None), shown("Ⅲ")
    ('42.0', '−0.50', '—', 'Ⅲ')
    """
    if value is None or value == "":
        return "—"
    written = str(value)
    if places is not None:
        try:
            written = fixed(Decimal(written), places)
        except InvalidOperation:
            return written
    return "−" + written[1:] if written.startswith("-") and written[1:2].isdigit() else written


def unit(name: str | None) -> str:
    """Print a unit as the field prints it.

    Examples
    --------
    >>> unit("ug/m3"), unit("degC"), unit(None)
    ('μg/m³', '℃', '')
    """
    if not name or name in _BARE:
        return ""
    return name.replace("ug", "μg").replace("m3", "m³").replace("m2", "m²").replace("degC", "℃")


@cache
def ink(colour: str | None) -> str:
    """Return the darker or the lighter ink, whichever is read better on a colour `#rrggbb`.

    References
    ----------
    WCAG 2.2, contrast ratio and relative luminance.

    Examples
    --------
    >>> ink("#FFFF00"), ink("#7E0023")
    ('#1b1f23', '#ffffff')
    """
    if not colour or len(colour) != 7:
        return _DARK
    ground = _luminance(colour)
    dark, light = _luminance(_DARK), _luminance(_LIGHT)
    return _DARK if (ground + 0.05) / (dark + 0.05) >= (light + 0.05) / (ground + 0.05) else _LIGHT


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def localized(chart: Mapping[str, object], language: str) -> View:
    """Put the words of a language beside every `word` of a chart; what its target asks is said in it too."""
    speak = words(language)
    told = dict(chart)
    if told.get("target_text"):
        told["target_text"] = speak.said(told["target_text"]) or told["target_text"]
    listed = told.get("series")
    if isinstance(listed, Sequence):
        told["series"] = [{**line, "name": line.get("name") or speak(line["word"])} for line in listed]
    return told
