"""Dependencies point one way, importing costs nothing, and errors are our own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "prompts": {"prompts"},
    "index": {"index"},
    "assistant": {"assistant", "index", "prompts"},
    "eval": {"eval", "assistant", "index", "prompts"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_dependencies_point_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        if path == ROOT / "assistant" / "cli.py":
            continue  # the one command mounts the verbs of `eval`, and imports them when called
        ours = {name.split(".")[0] for name in imports(path)} & set(MAY_IMPORT)
        assert ours <= MAY_IMPORT[package], path


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_importing_a_package_loads_nothing_heavy(package):
    code = (
        f"import sys, {package}\n"
        "heavy = {'torch', 'chromadb', 'gradio', 'llama_index', 'transformers', 'pandas'}\n"
        "assert not heavy & {name.split('.')[0] for name in sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom assistant.cli import main\nsys.argv = ['dateline', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'chromadb', 'gradio', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_no_broad_except():
    for package in MAY_IMPORT:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ExceptHandler):
                    caught = ast.unparse(node.type) if node.type else "everything"
                    reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                    assert caught not in ("everything", "Exception", "BaseException") or reraises, (
                        f"{path}:{node.lineno}"
                    )


def test_all_that_the_assistant_exports_is_there():
    import assistant

    for name in assistant.__all__:
        assert getattr(assistant, name)
