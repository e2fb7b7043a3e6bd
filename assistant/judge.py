"""A language model that judges whether a sentence is said by what it cites, where one is set.

It stands in the place of `assistant.verify`, and after it: what the rules find not said stays so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import prompts
from assistant import llm
from assistant.answer import Support, iso
from assistant.verify import Source, verify
from index.errors import LLMError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Verify = Callable[[str, Sequence[Source], date], tuple[Support, str]]
"""Judges a sentence by what it cites, on a day: the verdict, and why it is not "supported"."""


class Judge:
    """Judges the sentences of one answer: first by the rules, what they let pass by the model.

    Attributes:
        fault: what went wrong with the model, "" as long as nothing has; then the rules decide.
    """

    def __init__(self, name: str, model: LLM, stop: llm.Stop) -> None:
        self._name, self._model, self._stop = name, model, stop
        self.fault = ""

    def __call__(
        self, sentence: str, sources: Sequence[Source], as_of: date
    ) -> tuple[Support, str]:
        """As `verify`."""
        by_rules = verify(sentence, sources, as_of)
        if by_rules[0] == "unsupported" or self.fault:
            return by_rules
        quotes = "\n\n".join(f"[{iso(day) or 'undated'}] {text}" for text, day in sources)
        try:
            says = yes_or_no(
                self._model,
                self._name,
                "judge-support",
                self._stop,
                sentence=sentence,
                quotes=quotes.replace("==", "= ="),
                as_of=as_of,
            )
        except LLMError as error:
            self.fault = f"{error} The answer was checked by rules alone."
            return by_rules
        if says is None:
            return by_rules
        return ("supported", "") if says else ("unsupported", f"{self._name} finds it not said")


def yes_or_no(
    model: LLM, name: str, prompt: str, stop: llm.Stop | None = None, **values: object
) -> bool | None:
    """What a language model answers to the prompt of a name; None where that is neither.

    Raises:
        LLMError: it failed.
    """
    from llama_index.core.base.llms.types import ChatMessage

    message = ChatMessage(role="user", content=prompts.load(prompt).substitute(values))
    reply = "".join(llm.stream(model, [message], name, stop))
    verdicts = re.findall(r"\b(yes|no)\b", reply.lower())
    return verdicts[-1] == "yes" if verdicts else None
