"""What every kind of file shares: the names fields go by, dates, and the tidying of a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dateutil import parser as dateutil

from index.article import Article
from index.read.source import Source, clean
from index.text import clip, sentences

TITLE = ("title", "headline")
BODY = (
    "text",
    "body",
    "content",
    "article",
    "full_text",
    "content_text",
    "content_html",
    "maintext",
    "article_body",
    "articlebody",
)
PUBLISHED = (
    "published", "published_at", "publish_date", "publishdate", "date", "publishedat",
    "date_published", "datepublished", "pub_date", "pubdate", "published_time", "timestamp",
)  # fmt: skip
SOURCE = ("source", "outlet", "publisher", "publication", "sitename", "source_name", "site")
AUTHORS = ("authors", "author", "byline", "creator")
URL = ("url", "link", "canonical_url", "source_url")

# "date 2023-10-27 (Bloomberg) -- US and Chinese officials …"
DATELINE = re.compile(r"\s*(?:date\s+)?(\d{4}-\d\d-\d\d)\s*\(([^()\n]{1,80})\)\s*(?:--|—|–|-)\s*")
_RELATED = re.compile(
    r"(?im)^[ \t]*(?:Earlier|Related|Read more|Read also|See also|More on this)[ \t]*:[ \t]*"
    r"(\S[^\n]{0,200})$"
)
_CREDITS = re.compile(
    r"(?im)^[ \t]*(?:\(|[-–—]{1,2}[ \t]*)?(?:With assistance (?:from|by)|Additional reporting by|"
    r"Reporting by|Contributing:)[ \t]*([^\n]{3,400}?)\)?[ \t]*$"
)
# The longest novels have a quarter of this; what is longer is a whole paper in one file.
_LONGEST = 10_000_000
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)*")
_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)")


def article(
    body: str, fields: Mapping[str, Any], source: Source, key: str = "", title: str = ""
) -> Article:
    """Make an article of a body and the metadata that came with it.

    Args:
        body: the text, a dateline and stand-alone cross-links and credits still in it.
        fields: metadata under any of the names above, in any case.
        source: the file.
        key: which of the file's articles this is, where it holds several.
        title: the title to use where the metadata has none.

    Raises:
        ReadError: nothing is left to answer from, or too much to be one article, or the date
            cannot be understood.
    """
    fields = {
        name.strip().lower().replace("-", "_"): value
        for name, value in fields.items()
        if isinstance(name, str)
    }
    body, outlet, day = take_dateline(clean(body))
    require_text(body, source)
    related = tuple(match[1].strip() for match in _RELATED.finditer(body))
    credited = tuple(name for match in _CREDITS.finditer(body) for name in names(match[1]))
    body = _CREDITS.sub("", _RELATED.sub("", body))
    body = _BLANK_LINES.sub("\n\n", body).strip()
    require_text(body, source)
    given = _first(fields, PUBLISHED)
    published = parse_day(given) if given is not None else None
    if given is not None and published is None:
        shown = clip(as_text(given), 60)
        raise source.error(f"the date {shown!r} is not understood: write it as YYYY-MM-DD")
    found = unescape(as_text(_first(fields, TITLE))) or clean(title)
    return Article(
        title=clip(found, 500) or title_from(body),
        title_made=not found.strip(),
        body=body,
        source=clip(as_text(_first(fields, SOURCE)), 200) or outlet,
        published=published or day or _day_in_name(source.path),
        authors=names(_first(fields, AUTHORS)),
        url=web_address(_first(fields, URL)),
        path=source.where(key),
        related=related,
        credits=credited,
    )


def require_text(body: str, source: Source) -> None:
    """Hold a body to being one article's text.

    Raises:
        ReadError: there is nothing in it to answer from, or more than one article can be.
    """
    if len(body) > _LONGEST:
        raise source.error(f"longer than {_LONGEST:,} characters: no article is, so split it")
    if not any(character.isalnum() for character in body):
        raise source.error("no text: there is nothing to answer from")


def take_dateline(body: str) -> tuple[str, str, date | None]:
    """Split a wire dateline off a body: the rest, the outlet and the day ("" and None if none)."""
    match = DATELINE.match(body)
    day = parse_day(match[1]) if match else None
    if match is None or day is None:
        return body, "", None
    return body[match.end() :], match[2].strip(), day


def title_from(body: str) -> str:
    """A title for a story that has none: its first sentence, at most 110 characters of it."""
    start, end = sentences(body[:1000])[0]
    return clip(body[start:end], 110)


def parse_day(value: object) -> date | None:
    """A day out of what people write in a date field, or None where it is not understood.

    ISO 8601, RFC 2822, written-out dates, seconds or milliseconds since 1970. A day, month and
    year must all be there. All-figure dates are read day first only where month first is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)):
        if not 0 < value < 10**13:
            return None
        if value > 10**8:
            return datetime.fromtimestamp(value / (1000 if value > 10**11 else 1), UTC).date()
        value = int(value)
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if len(text) > 100:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d\b.*", text):
        text = text[:10]
    elif re.fullmatch(r"\d{9,13}", text):
        return parse_day(int(text))
    # Parsed over two days that share nothing: a part the text lacks makes the results differ.
    try:
        low, high = (
            dateutil.parse(text, default=default, ignoretz=True).date()
            for default in (datetime(2001, 1, 1), datetime(2002, 2, 2))
        )
    except (ValueError, OverflowError):
        return None
    return low if low == high and 1500 < low.year < 2200 else None


def names(value: object) -> tuple[str, ...]:
    """People's names out of a byline: a list, mappings with a name, or "By A, B and C"."""
    items = value if isinstance(value, (list, tuple)) else [value]
    lines = (re.sub(r"(?i)^by ", "", as_text(item)) for item in items)
    parts = (part.strip(" .") for line in lines for part in re.split(r",|;|\band\b|&", line))
    return tuple(part for part in parts if part)


def web_address(value: object) -> str | None:
    """An http(s) address, or None: no other scheme may ever become a link."""
    text = as_text(value)
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None


def body_of(record: Mapping[str, Any]) -> str | None:
    """The body of a record, under whichever of its names it goes by."""
    lowered = {str(name).lower(): value for name, value in record.items()}
    value = _first(lowered, BODY)
    if isinstance(value, Mapping):
        value = value.get("rendered")
    return value if isinstance(value, str) else None


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [])), None)


def as_text(value: object) -> str:
    """A field as one line of text: a string, a number, or a mapping's name; "" for all else."""
    # NewsAPI: {"id": null, "name": "Reuters"}; WordPress: {"rendered": "Port open"}
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("title") or value.get("rendered")
    try:
        text = str(value) if isinstance(value, (str, int, float)) else ""
    except ValueError:  # Python writes out no integer of thousands of digits
        return ""
    return " ".join(clean(text).split())


def _day_in_name(path: Path) -> date | None:
    match = _DAY_IN_NAME.search(path.name)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
