"""Every error Dateline raises on purpose.

::

    DatelineError          what happened, to which input, and what to do about it
    ├── UsageError         asked wrongly: a bad date, an unknown setting        (exit code 2)
    ├── ReadError          one file or page that cannot be read as an article
    ├── ArchiveError       the archive cannot be used as it is
    │   ├── ArchiveLocked      another process has it open
    │   └── ArchiveMismatch    it was built with another model, chunking or version
    ├── EmbedderError      the embedding model cannot be loaded or used
    └── LLMError           the language model did not answer

Abstaining is not an error: it is an `Answer`.
"""


class DatelineError(Exception):
    """The base of the tree: catching it catches all that Dateline raises on purpose."""


class UsageError(DatelineError):
    """The caller asked for something that cannot be: the message says what would be right."""


class ReadError(DatelineError):
    """One input that cannot be read as an article.

    Attributes:
        path: the file or address, as the user gave it.
        reason: why, in words a reporter understands; names the line where there is one.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ArchiveError(DatelineError):
    """The archive cannot be used as it is; the message names the mend."""


class ArchiveLocked(ArchiveError):
    """Another process has the archive open."""


class ArchiveMismatch(ArchiveError):
    """The archive was built with another model, chunking or version than is asked for."""


class EmbedderError(DatelineError):
    """The embedding model cannot be loaded or used."""


class LLMError(DatelineError):
    """The language model did not answer: the message says why and what to do."""
