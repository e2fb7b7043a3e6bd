"""One file's bytes: decompressed, bounded in size, and decoded by what they hold."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import charset_normalizer

from index.errors import ReadError

DEFAULT_LIMIT = 64 * 2**20
# News shrinks to a tenth; what grows more than this on unpacking is made to fill a disk.
_GROWTH = 200
_XZ_MEMORY = 128 * 2**20  # what `xz -9` needs, twice

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x1b"))  # that stand in no text
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Xz(io.RawIOBase):
    """An xz file read as `lzma.open` does, within a limit of memory, which that does not take."""

    def __init__(self, path: Path, _: str) -> None:
        self._packed = path.open("rb")
        self._unpack = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._packed.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while True:
            packed = b""
            if self._unpack.eof:
                packed = self._unpack.unused_data or self._packed.read(2**16)
                if not (packed := packed.lstrip(b"\0")):
                    return 0
                self._unpack = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            elif self._unpack.needs_input and not (packed := self._packed.read(2**16)):
                raise EOFError
            if unpacked := self._unpack.decompress(packed, len(buffer)):
                buffer[: len(unpacked)] = unpacked
                return len(unpacked)


def _open_xz(path: Path, mode: str) -> io.BufferedReader:
    return io.BufferedReader(_Xz(path, mode))


COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": _open_xz}


class Source:
    """A file to read articles from.

    Attributes:
        path: the file.
        limit: the most bytes of a document, or of a line, after decompression.
        suffix: the file's kind by its name, in lower case, ".gz" and ".xz" taken off.
    """

    def __init__(self, path: Path, limit: int = DEFAULT_LIMIT) -> None:
        self.path = path
        self.limit = limit
        suffixes = [suffix.lower() for suffix in path.suffixes]
        self._open: Callable[..., Any] = COMPRESSED.get(suffixes[-1] if suffixes else "", open)
        if self._open is not open:
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""

    def error(self, reason: str) -> ReadError:
        """A `ReadError` about this file."""
        return ReadError(written(self.path), reason)

    def where(self, key: str = "") -> str | None:
        """The path of an article in it; the key tells it from the file's others."""
        return written(self.path.absolute()) + (f"#{key}" if key else "")

    def named_as_text(self) -> bool:
        """Whether what follows the last dot is no kind of file at all, as in "1. Summit"."""
        return not self.suffix[1:].isalnum() or len(self.suffix) > 6 or self.suffix[1:].isdigit()

    def head(self) -> bytes:
        """The first 4 kB, decompressed."""
        with self._stream() as stream:
            return stream.read(4096)

    def content(self) -> bytes:
        """The whole file, decompressed.

        Raises:
            ReadError: it is larger than the limit, or a damaged or truncated archive.
        """
        with self._stream() as stream:
            content = stream.read(self.limit + 1)
        if len(content) > self.limit:
            raise self.error(
                f"larger than the limit of {self.limit / 2**20:.0f} MB for one document: "
                "split it, or raise max_file_mb"
            )
        return content

    def text(self) -> str:
        """The whole file as text, its encoding detected.

        Raises:
            ReadError: as for `content`, or it holds no text.
        """
        return decode(self.content(), self)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The file's lines with their numbers from 1, read as they are asked for.

        A damaged end raises `ReadError` after the lines before it were given. A line over the
        limit is given cut, one byte longer than the limit.
        """
        if self.head().startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # UTF-32's, too
            yield from enumerate(self.text().encode().split(b"\n"), 1)
            return
        size = self.path.stat().st_size
        most = size if self._open is open else max(_GROWTH * size, self.limit)
        with self._stream() as stream:
            number = unpacked = 0
            while line := stream.readline(self.limit + 1):
                number += 1
                yield number, line
                long = len(line) > self.limit
                unpacked += len(line)
                while long and not line.endswith(b"\n") and unpacked <= most:
                    line = stream.readline(2**20)
                    long = bool(line)
                    unpacked += len(line)
                if unpacked > most:
                    raise self.error(f"it unpacks to more than {_GROWTH} times its size")

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        try:
            with self._open(self.path, "rb") as stream:
                yield stream
        except EOFError as error:
            raise self.error("the compressed file is truncated") from error
        except (gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
            raise self.error(f"the compressed file is damaged: {error}") from error


def decode(content: bytes, source: Source, declared: str | None = None) -> str:
    """Bytes in an unknown encoding to text; lone surrogates become U+FFFD, line ends as in Unix.

    Args:
        content: the bytes.
        source: what they were read from.
        declared: the encoding they claim, believed where they are valid in it and not in UTF-8.

    Raises:
        ReadError: the bytes are not text in any encoding.
    """
    text = _decode(content, declared)
    if text is None:
        raise source.error("not text: the file is binary")
    return clean(text)


def clean(text: str) -> str:
    """Line ends as in Unix, and no character that cannot be stored (lone surrogates, NUL)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def written(path: str | Path) -> str:
    """A path or address as text that can be printed and stored, whatever bytes are in its name."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _decode(content: bytes, declared: str | None) -> str | None:
    for bom, encoding in _BOMS.items():
        if content.startswith(bom):
            return content.decode(encoding, "replace")
    sample = content[: 2**16]
    nulls = sample.count(0)
    if nulls:
        # UTF-16 without its mark: western text has every second byte zero, on one side only.
        if nulls < len(sample) / 3:
            return None
        even = sample[::2].count(0)
        if min(even, nulls - even) > nulls / 20:
            return None
        return content.decode("utf-16-be" if even > nulls / 2 else "utf-16-le", "replace")
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > len(sample) / 50:
        return None
    for claimed in ("utf-8", declared):
        with suppress(UnicodeDecodeError, LookupError):
            if claimed:
                return content.decode(claimed)
    legacy = _legacy_encoding(content[: 2**18])
    return content.decode(legacy, "replace") if legacy else None


def _legacy_encoding(sample: bytes) -> str | None:
    """The likeliest encoding of bytes that are not UTF-8, or None where they are not text.

    The detector cannot tell Europe's code pages apart by a few accents; where Windows-1252, by far
    the commonest, is among the likely ones, it is taken.
    """
    likely = charset_normalizer.from_bytes(sample)
    if any("cp1252" in match.could_be_from_charset and match.chaos < 0.1 for match in likely):
        return "cp1252"
    best = likely.best()
    return best.encoding if best else None
