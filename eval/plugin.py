"""A team's own metrics, datasets and judges, by dotted name or entry point."""

from __future__ import annotations

import importlib
from importlib import metadata
from typing import Any

from index.errors import UsageError


def plugin(name: str, group: str) -> Any:
    """The object that `package.module:object` names, or an entry point of the group.

    Args:
        name: dotted, or an entry point's.
        group: `dateline.metrics` or `dateline.datasets`.

    Raises:
        UsageError: there is none, or it cannot be imported.
    """
    module, colon, attribute = name.partition(":")
    try:
        if colon:
            return getattr(importlib.import_module(module), attribute)
        for entry in metadata.entry_points(group=group, name=name):
            return entry.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{name!r} cannot be loaded: {error}.") from error
    raise UsageError(
        f"There is no {name!r} among the {group.removeprefix('dateline.')} (`dateline eval list` "
        "shows them). Your own is named package.module:object, or is an entry point of the group "
        f"{group!r}."
    )
