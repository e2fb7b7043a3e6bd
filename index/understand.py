"""What a question's own words say: of days, of outlets, and of phrases that must stand.

"last week", "since May", "according to the Harbor Gazette", "“a breach of trust”". Deterministic,
English, and shy: a wrong filter hides the answer, so that what may be a name ("Black Friday",
"the 2020 Olympics", "the Sunday Times") is left alone, what may mean two things means both, and
only words about the articles themselves are strict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from index.dates import DateSpan, find_dates
from index.query import Query, Understood

# Reports of an event stand in the archive from shortly before it (weekly questions call Sunday's
# news "this week") until as long after it as it lasted, at least a week. RealTimeQA 2024q1–q3,
# 161 understood days: of the questions' own articles 191 of 310 hold the answer inside this
# window and 330 of 1,188 outside; but for 72 questions only such outside do, so never a filter.
_LEAD, _LAG = timedelta(days=3), timedelta(days=7)


def understand(query: Query, sources: Collection[str], ignore: Collection[str] = ()) -> Query:
    """The query with `understood` filled from the words of its text, in their order.

    Several strict items of one kind are alternatives ("in May or in July"); so are preferences.

    Args:
        query: the question; its days are resolved against `as_of`.
        sources: the archive's outlets; no other is understood.
        ignore: words, as an earlier `Understood.text` has them, to leave alone.
    """
    ignored = {words.casefold() for words in ignore}
    quotations = list(_QUOTATION.finditer(query.text))
    outlets = list(_outlets(query.text, frozenset(sources)))
    found = [*outlets, *_phrases(quotations), *_days(query, quotations, outlets)]
    return replace(
        query,
        understood=tuple(
            place.words
            for place in sorted(found, key=lambda place: place.start)
            if place.words.text.casefold() not in ignored
        ),
    )


def narrowed(query: Query) -> Query:
    """The query with its strict days and outlets as filters, where none were set by hand."""
    strict = [words for words in query.understood if words.strict]
    days = [words for words in strict if words.kind == "days"]
    since, until = query.since, query.until
    if days and since is None and until is None:
        firsts, lasts = [w.since for w in days], [w.until for w in days]
        since = None if None in firsts else min(filter(None, firsts))
        until = None if None in lasts else max(filter(None, lasts))
    named = dict.fromkeys(source for words in strict for source in words.sources)
    return replace(query, since=since, until=until, sources=query.sources or tuple(named))


def published_window(words: Understood, as_of: date) -> tuple[date | None, date | None]:
    """First and last day of publication to prefer for some understood days; None for no limit.

    Strict days are days of publication themselves. Others are an event's: its reports begin a
    little before it and go on after it, the longer the longer it lasted (the figures of a year
    come out in the next). What is still to come may have been reported on any day until now.
    Only ever prefer within it: a later look back, or an early announcement, may hold the answer.
    """
    since, until = words.since, words.until
    if words.strict or words.kind != "days":
        return since, until
    if since and since > as_of:
        return None, None
    first = since - _LEAD if since and since - date.min > _LEAD else None
    if until is None or until >= as_of:
        return first, None
    lag = max(_LAG, until - since if since else _LAG)
    return first, min(until + lag, as_of)


@dataclass(frozen=True)
class _Place:
    """Understood words, and where in the question they start and end."""

    start: int
    end: int
    words: Understood


# How far from a date or a name words may stand that say something of it, in characters.
_REACH = 120

# Phrases

_QUOTATION = re.compile(r"(?<!\w)[\"“”](?=\S)([^\"“”\n]+)[\"“”](?!\w)")


def _phrases(quotations: Collection[re.Match[str]]) -> Iterator[_Place]:
    """Quotations of three words or more, and quoted names; not single words in scare quotes."""
    for match in quotations:
        phrase = match[1].strip(" \t,.;:?!")
        if len(phrase.split()) >= 3 or phrase[:1].isupper():
            yield _Place(match.start(), match.end(), Understood(phrase, "phrase", strict=True))


# Days

# What stands before a date and moves its edges.
_EDGE = re.compile(
    r"\b(?P<word>on or after|on or before|since|after|from|starting|before|prior to|until|till"
    r"|up to|through|no later than|by|as of"
    r"|between|(?:the\s+)?week\s+(?:of|beginning|starting|commencing|ending))"
    r"(?P<within>(?:\s+(?:on|in|the|(?:start|beginning|middle|end|morning|evening)\s+of))*)\s+\Z",
    re.I,
)
_JOINED = re.compile(
    r"\s*(?:[-–—,]|,?\s*(?:to|until|till|through|and|or)\b)\s*(?:(?:on|in|the)\s+)*", re.I
)
_RANGE = re.compile(r"\s(?:and|to|until|till|through)\s|[-–—]\s?\d|\d\s?[-–—]", re.I)
# Days that what is asked is only measured against, or that are no one day.
_ASIDE = re.compile(
    r"\b(?:than|compared\s+(?:to|with)|versus|vs\.?|unlike|relative to|(?:up|down) from"
    r"|born|annually|anniversary of|every|each|any|a|an|(?:class|winter) of"
    r"|(?:hours?|days?|weeks?|months?|years?|eve|night|morning)\s+(?:before|after))"
    r"(?:\s+(?:in|on|the|that of))*\s+\Z",
    re.I,
)
_YEAR = re.compile(r"\b[12]\d{3}\b")
_BARE_DAY = re.compile(r"[A-Za-z]+\.?\s\d{1,2}(?:st|nd|rd|th)?|\d{1,2}\s[A-Za-z]+\.?")
_SEPTEMBER_11 = re.compile(
    r"sept(?:ember|\.)?\s11(?:th)?|11(?:th)?\s(?:of\s)?sept(?:ember|\.)?", re.I
)
_PART = re.compile(r"(?:early|mid|late)[- ]", re.I)
_VERB_OR_MONTH = re.compile(r"\b(?:may|march)\b")
_WEEKDAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b", re.I)
_TODAY = re.compile(r"yesterday|today|tonight|tomorrow", re.I)
_OPENING = re.compile(r"(?:\A|[.?!:])\s*\Z")
_PART_OF_DAY = re.compile(r"['’]s|\s(?:morning|afternoon|evening|night)\b")
# "today" as in "is today a museum", "still stands today".
_NOWADAYS = re.compile(r"\b(?:(?:even|still)\b[^.,;]*|(?:is|are|as|of|until|than)\s+)\Z", re.I)
_WORD_BEFORE = re.compile(r"(\w[\w’'.-]*)\s\Z")
_CAPITAL_AFTER = re.compile(r"\s[A-Z]")
_CAPITAL_OF = re.compile(r"[A-Z][\w’'-]*\sof\s\Z")
_THINGS_COUNTED = re.compile(
    r"\s(?!(?:was|is|has|as|does|its|this|versus|across|plus|us)\b)[a-z]+s\b"
)
_ATTRIBUTE = re.compile(r"\s(?!(?:article|story|edition|issue|report)\b)[a-z]")
_EVENT = re.compile(
    r"\s(?:attacks?|committee|riot|insurrection|bombings?|massacre|hearings?|panel)\b"
)
# Words that begin with a capital only where a sentence or a heading does.
_SMALL = frozenset(
    "a an and are as at before between by did do does during early for from had has have how in is"
    " it last late mid next of on or past previous since than that the this through throughout"
    " till to until was were what when where which who whose why will with after around".split()
)
_PREPOSITIONS = frozenset(
    "after and before between by during early from in late of on or since through throughout till"
    " to until around this last next".split()
)


def _days(
    query: Query, quotations: Collection[re.Match[str]], outlets: Collection[_Place]
) -> Iterator[_Place]:
    """The days a question names, its filters of publication marked strict."""
    text = query.text
    spans = [
        span
        for span in find_dates(text, query.as_of)
        if not any(quotation.start() < span.start < quotation.end() for quotation in quotations)
        and not _is_name(text, span)
    ]
    for group in _joined(text, spans):
        start, end = group[0].start, group[-1].end
        if _ASIDE.search(text, max(0, start - _REACH), start):
            continue
        first, last = _hull(group)
        since: date | None = first
        until: date | None = last
        edge = _EDGE.search(text, max(0, start - _REACH), start)
        ranged = bool(_RANGE.search(text, start, end))
        if edge and (ranged or edge["word"].lower() != "between"):
            since, until = _moved(edge, first, last, ranged=ranged)
            strict = _of_articles(text, edge.start(), end, outlets)
            if strict and edge["word"].lower() == "from":  # "articles from last week"
                since, until = first, last
            else:
                start = edge.start()
        else:
            strict = _of_articles(text, start, end, outlets)
        yield _Place(start, end, Understood(text[start:end], "days", since, until, (), strict))


def _joined(text: str, spans: list[DateSpan]) -> list[list[DateSpan]]:
    """The spans, those together that "to", "and" or a dash joins."""
    groups: list[list[DateSpan]] = []
    for span in spans:
        if groups and _JOINED.fullmatch(text, groups[-1][-1].end, span.start):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _hull(group: list[DateSpan]) -> tuple[date, date]:
    """The first and last day that one or more joined spans may name."""
    last = group[-1]
    firsts = [span.earliest for span in group]
    if last.year_given and not last.relative and not group[0].year_given:
        year = last.first.year  # "3 May to 9 June 2024", "20 December to 3 January 2024"
        of_year = [_in_year_of(group[0].first, year - back) for back in (0, 1)]
        firsts[0] = next(day for day in of_year if day <= last.last or day == of_year[-1])
    elif group[0].first > last.last:  # "from Friday to Monday"
        firsts.append(_shifted(group[0].first, -7))
    return min(firsts), max(last.latest, *firsts)


def _in_year_of(day: date, year: int) -> date:
    return day.replace(year=max(year, 1), day=min(day.day, 28) if day.month == 2 else day.day)


def _moved(
    edge: re.Match[str], first: date, last: date, *, ranged: bool
) -> tuple[date | None, date | None]:
    """The days that "since", "before" and the like make of the days after them."""
    word = edge["word"].lower()
    within = bool(re.search(r"\bof\b", edge["within"], re.I))  # "after the start of May" is in May
    if "week" in word:
        back = 6 if "ending" in word else first.weekday()
        return _shifted(first, -back), _shifted(last, 0 if "ending" in word else 6)
    if word in ("between", "from") and ranged:
        return first, last
    if word in ("since", "from", "starting", "on or after"):
        return first, None
    if word == "after":
        return (first if within else _shifted(last, 1)), None
    if word in ("before", "prior to"):
        return None, (last if within else _shifted(first, -1))
    return None, last


def _shifted(day: date, days: int) -> date:
    """A day so many days away, or at the calendar's end."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


def _is_name(text: str, span: DateSpan) -> bool:
    """Whether what looks like a date is, or may be, part of a name or a count."""
    words, before = text[span.start : span.end], _word_before(text, span.start)
    placed, before_it = before.lower() in _PREPOSITIONS, max(0, span.start - _REACH)
    if span.first == span.last and not span.relative:
        return not _YEAR.search(words) and _is_named_day(text, span, before, placed=placed)
    if _PART.match(words):
        return not placed and not _YEAR.search(words)
    if _VERB_OR_MONTH.search(words):
        return not placed
    if _YEAR.fullmatch(words) and (
        _THINGS_COUNTED.match(text, span.end) or _CAPITAL_OF.search(text, before_it, span.start)
    ):
        return True
    capital = words[:1].isupper() and not words.startswith("Q")
    if capital and _is_capital(before):
        return True
    if _TODAY.fullmatch(words):
        opening = _OPENING.search(text, before_it, span.start)
        nowadays = words.lower() == "today" and _NOWADAYS.search(text, before_it, span.start)
        return bool(nowadays) or (capital and not opening)
    if _WEEKDAY.match(words):
        if before.lower() == "of":  # the cast of "Wednesday"
            return not _PART_OF_DAY.match(text, span.end)
        return not placed and bool(_CAPITAL_AFTER.match(text, span.end))
    return not span.relative and bool(_CAPITAL_AFTER.match(text, span.end))


def _is_named_day(text: str, span: DateSpan, before: str, *, placed: bool) -> bool:
    """Whether a day without a year is what an event is known by: "the October 7 attack"."""
    words = text[span.start : span.end]
    if _SEPTEMBER_11.fullmatch(words) or (_VERB_OR_MONTH.search(words) and not placed):
        return True
    if not _BARE_DAY.fullmatch(words):
        return False
    attribute = before.lower() == "the" and _ATTRIBUTE.match(text, span.end)
    return bool(attribute or _EVENT.match(text, span.end))


def _word_before(text: str, place: int) -> str:
    """The word that stands right before a place, or ""."""
    match = _WORD_BEFORE.search(text, max(0, place - _REACH), place)
    return match[1] if match else ""


def _is_capital(word: str) -> bool:
    """Whether a word before another makes a name with it: "Theresa May", "USA TODAY"."""
    return (
        word[:1].isupper() and word.lower() not in _SMALL and not re.search(r"[’']s?\Z|\.\Z", word)
    )


# Words that say when articles were published, before a date and after it.
_AT = r"(?:\s+(?:on|in|from|during|over|at|within|dated))?(?:\s+the)?\s+\Z"
_PUBLISHED = re.compile(
    r"(?:\b(?:articles?|stor(?:y|ies)|reports?|pieces?|editorials?|columns?|headlines?|coverage"
    r"|(?:any|every)thing)(?:\s+(?:that|which))?(?:\s+(?:was|were|has been|have been))?"
    r"\s+(?:published|written|posted|filed|printed|dated|appearing)"
    r"|\bwhat\s+(?:was|were|has been)\s+(?:published|printed)"
    r"|\b(?:did|have|has)\s+(?:we|you)\s+(?:publish|print|report|write|written|cover|run)(?:ed)?"
    r"|\barticles?|\bin\s+the\s+news"
    # Bare words that also mean other things: "health coverage in 2020", "two more stories".
    r"|(?:\A|\b(?:show|list|find|compare|summari[sz]e|any|all|our|your|with|and|me)\s+)"
    rf"(?:stories|coverage|headlines|editorials)){_AT}",
    re.I,
)
_BY_OUTLET = re.compile(
    rf"(?:\s+(?:report|publish|print|write|written|cover|run)(?:ed)?)?{_AT}", re.I
)
_ASKED_OUTLET = re.compile(r",?\s+what\s+(?:did|has|had)\s+\Z", re.I)
_ISSUE = re.compile(
    r"['’]s?\s+(?:articles?|stor(?:y|ies)|coverage|edition|issue|paper|front page|headlines?"
    r"|editorials?|news)\b(?!\s+conference)",
    re.I,
)
_REPORT_OF = re.compile(r"['’]s?\s+reports?\b(?!\s+(?:by|from|of)\b)", re.I)
_IN = re.compile(r"\b(?:in|from|per|according to)\s+(?:the\s+)?\Z", re.I)
_DATED = re.compile(r"\s(?:article|story|edition|issue|report)\b", re.I)
_THE = re.compile(r"\bthe\s+\Z", re.I)


def _of_articles(text: str, start: int, end: int, outlets: Collection[_Place]) -> bool:
    """Whether days at a place of a question are the days on which articles were published."""
    before = max(0, start - _REACH)
    if _ISSUE.match(text, end) or (_REPORT_OF.match(text, end) and _IN.search(text, before, start)):
        return True
    if text[end : end + 1] in ("'", "’"):
        return False
    if _DATED.match(text, end) and _THE.search(text, before, start):
        return True
    if _PUBLISHED.search(text, before, start):
        return True
    return any(
        outlet.words.strict
        and (
            (outlet.end <= start and _BY_OUTLET.fullmatch(text, outlet.end, start))
            or (end <= outlet.start and _ASKED_OUTLET.fullmatch(text, end, outlet.start))
        )
        for outlet in outlets
    )


# Outlets

_REPORTS = (
    r"(?:articles?|stor(?:y|ies)|reports?|reporting|coverage|editorials?|headlines?|columns?)"
)
# What stands around an outlet's name when the words are about what it published.
_SAID_BY = re.compile(
    r"\b(?:according to|(?:reported|published|printed|written|carried|run) by"
    rf"|(?:{_REPORTS}|news) (?:from|by|in))\s+\Z",
    re.I,
)
_DID = re.compile(r"\b(?:did|does|do|has|have|had)\s+\Z", re.I)
_REPORT = re.compile(r"\s+(?:\w+\s+)?(?:report|publish|print|write|written|cover|run)(?:ed)?\b")
_SAY = re.compile(
    r"\s+(?:\w+\s+)?(?:say|said|claim|reveal|find|tell|describe|call|quote|note)(?:ed)?\b"
)
_REPORTED = re.compile(
    rf"(?:\s+(?:has|have|had|first|also))*\s+(?:reported|reports|published|wrote|writes|printed)\b"
    rf"|(?:['’]s?)?\s+{_REPORTS}\b"
)
_SAYS = re.compile(r"\s+(?:has |have )?(?:said|says|claimed|claims|revealed)\b")
_TOLD = re.compile(r"\b(?:told|tell|tells|telling|interview (?:with|in))\s+\Z", re.I)
_READ_IN = re.compile(r"\bin\s+\Z", re.I)
# Others report an outlet's poll or inquiry too.
_OWN = re.compile(
    r"(?:['’]s?)?\s(?:data|figures|research|analysis|polls?|survey|sources?|investigation|list)\b"
)
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")
_NOT = re.compile(
    r"(?:\bnot|n['’]t|other than|except|besides|unlike|apart from)(?:\s+according to)?\s+\Z"
)
_LIST = re.compile(r"\s*(?:,|,?\s*(?:and|or)\b)\s*\Z")
_LONGER_NAME = re.compile(r"\s(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z]")


def _outlets(text: str, sources: frozenset[str]) -> Iterator[_Place]:
    """The outlets a question names as who reported something.

    A name that is one word, and no initials, may be a common word ("Time", "Mirror"): it needs a
    verb or noun of reporting beside it, and where that is not "according to" a capital letter.
    """
    pattern, known = _names_of(sources)
    if not pattern:
        return
    lists: list[list[re.Match[str]]] = []
    for match in pattern.finditer(text):
        if _LONGER_NAME.match(text, match.end()) or _is_capital(_word_before(text, match.start())):
            continue
        if lists and _LIST.fullmatch(text, lists[-1][-1].end(), match.start()):
            lists[-1].append(match)
        else:
            lists.append([match])
    for names in lists:
        start, end = names[0].start(), names[-1].end()
        before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
        spelled = [_bare(name["name"]) for name in names]
        capital = all(name[:1].isupper() for name in spelled)
        distinct = all(" " in name or (name.isupper() and len(name) > 1) for name in spelled)
        sure = distinct or capital
        # "in the BBC" is at work there, "in time" in good time.
        name, the = spelled[0], names[0]["the"]
        titled = capital and not name.isupper() and (the or " " in name)
        asked, said_by = _DID.search(before), _SAID_BY.search(before)
        strict = bool(
            (said_by and not _OWN.match(after))
            or (asked and _REPORT.match(after))
            or (sure and _REPORTED.match(after))
        )
        likely = (
            said_by
            or (asked and _SAY.match(after))
            or (sure and (_SAYS.match(after) or _TOLD.search(before)))
            or (titled and _READ_IN.search(before))
            or (distinct and _POSSESSIVE.match(after))
        )
        if (strict or likely) and not _NOT.search(before):
            named = dict.fromkeys(
                source for name in spelled for source in known.get(_key(name), ())
            )
            words = Understood(text[start:end], "sources", sources=tuple(named), strict=strict)
            yield _Place(start, end, words)


@lru_cache(maxsize=8)
def _names_of(sources: frozenset[str]) -> tuple[re.Pattern[str] | None, dict[str, list[str]]]:
    """A pattern for the outlets' names, and the outlets that each name, as a key, stands for."""
    known: dict[str, list[str]] = {}
    patterns = set()
    for source in sorted(sources):
        name = " ".join(source.split())
        spellings = {name: r"\s+".join(map(re.escape, _bare(name).split()))}
        if match := _DOMAIN.fullmatch(name):  # "usatoday.com" is "USA Today" in a question
            site = match[1]
            spellings[site] = r"[\s&.’'-]?".join(map(re.escape, site))
        for spelling, pattern in spellings.items():
            if _key(spelling):
                known.setdefault(_key(spelling), []).append(source)
                patterns.add(pattern)
    if not patterns:
        return None, known
    names = "|".join(sorted(patterns, key=lambda pattern: (-len(pattern), pattern)))
    return re.compile(rf"(?<![\w.-])(?P<the>the\s+)?(?P<name>{names})(?![\w-])", re.I), known


_DOMAIN = re.compile(r"(?:[\w-]+\.)*?([\w-]{2,})\.(?:(?:com?|org|net|ac|gov)\.)?[a-z]{2,6}", re.I)


def _bare(name: str) -> str:
    """A name without a leading "The"."""
    return re.sub(r"\Athe\s+(?=\S)", "", name, flags=re.I)


def _key(name: str) -> str:
    """What all spellings of a name share: "The Week", "theweek"."""
    letters = "".join(filter(str.isalnum, name.casefold()))
    return letters.removeprefix("the") or letters
