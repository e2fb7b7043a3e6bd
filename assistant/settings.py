"""What a user can set: flags first, then `DATELINE_*` variables, then `dateline.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import platformdirs
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.embed import BUNDLED
from index.errors import UsageError

if TYPE_CHECKING:
    from index.vectors import ChromaServer

# Several, separated by commas.
Names = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(
        lambda given: (
            [name.strip() for name in given.split(",") if name.strip()]
            if isinstance(given, str)
            else given
        )
    ),
]


class Settings(BaseSettings):
    """One object, built at the entry points and passed in. Frozen.

    Attributes:
        archive: the archive's folder; `DATELINE_ARCHIVE`.
        embedder: a sentence-transformers model: the bundled one, a folder, or a name.
        reranker: a sentence-transformers CrossEncoder, a folder or a name, that reads the best
            passages again; "" for none.
        llm: what writes the answers, as `provider:model` or `http://…/v1#MODEL`; "" for none;
            several, the default first, are separated by commas.
        llm_api_key: its key; else the provider's usual variable is used.
        judge: a language model, written as for `llm`, that also judges whether what is cited says
            each sentence that a language model wrote; "" for none.
        fallback: where the language model fails, answer without it, and say so.
        llm_timeout: seconds to wait for the language model.
        llm_context: tokens the language model can take.
        max_file_mb: the most megabytes of one document.
        offline: never fetch a model.
        catalog: the URL of a database for the catalog; by default a file in the archive.
        chroma: the address of a Chroma server for the vectors; by default they are in the archive.
        chroma_tenant: whose, on the server.
        chroma_database: which of theirs.
        chroma_token: the server's or Chroma Cloud's key.
        users: who may log in to the page: lines of `name:hash`; by default `users` in the archive.
        auth_header: the header in which a reverse proxy says who has logged in; "" for none.
        proxies: addresses of reverse proxies, whose headers are believed.
        hosts: names the page is reached by, beside this machine's own.
        runs: the folder of the evaluation runs that the page shows.
    """

    model_config = SettingsConfigDict(
        env_prefix="DATELINE_", toml_file="dateline.toml", frozen=True, extra="forbid"
    )

    archive: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("dateline") / "archive"
    )
    embedder: str = BUNDLED
    reranker: str = ""
    llm: str = ""
    llm_api_key: SecretStr = SecretStr("")
    judge: str = ""
    fallback: bool = False
    llm_timeout: float = Field(60.0, gt=0)
    llm_context: int = Field(8192, ge=2048)
    max_file_mb: int = Field(64, ge=1)
    offline: bool = True
    catalog: str = ""
    chroma: str = ""
    chroma_tenant: str = ""
    chroma_database: str = ""
    chroma_token: SecretStr = SecretStr("")
    users: Path | None = None
    auth_header: str = ""
    proxies: Names = ("127.0.0.1", "::1")
    hosts: Names = ()
    runs: Path = Path("runs")

    @property
    def server(self) -> ChromaServer | None:
        """The Chroma server that is set, if any."""
        if not self.chroma:
            return None
        from index.vectors import ChromaServer

        token = self.chroma_token.get_secret_value()
        return ChromaServer(self.chroma, self.chroma_tenant, self.chroma_database, token)

    @property
    def llms(self) -> tuple[str, ...]:
        """The language models that may be chosen, the default first."""
        return tuple(name.strip() for name in self.llm.split(",") if name.strip())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Give the places settings come from, first wins."""
        file = TomlConfigSettingsSource(settings_cls)
        if "llm_api_key" in file.toml_data:
            raise UsageError(
                "dateline.toml holds llm_api_key: take it out, and set DATELINE_LLM_API_KEY in the "
                "environment. Keys are kept in no file."
            )
        return init_settings, env_settings, file


def load(**given: Any) -> Settings:
    """Build the settings; what is given and not None goes before everything else.

    Raises:
        UsageError: a setting is unknown, or its value is not of its kind.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"The setting {name!r} (DATELINE_{name.upper()}) cannot be used: {first['msg']}."
        ) from error
    except ValueError as error:  # the TOML does not parse
        raise UsageError(f"dateline.toml cannot be read: {error}.") from error
