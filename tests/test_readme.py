"""The README is true: every file and command it names exists, and its Python runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_it_names_exists():
    tree = README.split("## Where things are")[1].split("## Measuring")[0]
    folder = ""
    for line in tree.strip().splitlines():
        name = line.split()[0]
        if not line.startswith("      "):
            folder = name
        path = name if folder == name else folder + name
        assert (ROOT / path).exists(), path
    for name in re.findall(r"[`(]((?:docs|index|assistant)/[\w/.-]+)[`)]", README):
        assert (ROOT / name).exists(), name


def test_every_make_target_it_names_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def verbs():
    return sorted(set(re.findall(r"^ +dateline (eval \w+|\w+)", README, re.MULTILINE)))


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_and_option_it_names_exists(verb):
    command = [sys.executable, "-c", "from assistant.cli import main; main()"]
    told = subprocess.run(
        [*command, *shlex.split(verb), "--help"], capture_output=True, text=True, check=True
    ).stdout
    line = next(line for line in README.splitlines() if line.strip().startswith(f"dateline {verb}"))
    for option in re.findall(r"(?<!\w)--[a-z-]+", line.split("`")[0]):
        assert option in told, option


def test_its_python_runs(sample, monkeypatch, capsys):
    from assistant.desk import Assistant

    class Open(Assistant):
        @classmethod
        def open(cls, archive):  # noqa: ARG003
            return sample

    monkeypatch.setattr("assistant.desk.Assistant", Open)
    monkeypatch.setattr(sample, "close", lambda: None)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert "Halyard Wire" not in capsys.readouterr().err


def test_the_number_of_sample_articles_it_gives(sample):
    assert f"{len(sample.archive.articles())} articles" in README
