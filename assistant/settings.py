"""What a user can set: flags first, then `DATELINE_*` variables, then `dateline.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.embed import BUNDLED
from index.errors import UsageError


class Settings(BaseSettings):
    """One object, built at the entry points and passed in. Frozen.

    Attributes:
        archive: the archive's folder; `DATELINE_ARCHIVE`.
        embedder: a sentence-transformers model: the bundled one, a folder, or a name.
        llm: what writes the answers, as `provider:model` or `http://…/v1#MODEL`; "" for none.
        llm_api_key: its key; else the provider's usual variable is used.
        llm_timeout: seconds to wait for the language model.
        llm_context: tokens the language model can take.
        max_file_mb: the most megabytes of one document.
        offline: never fetch a model.
    """

    model_config = SettingsConfigDict(
        env_prefix="DATELINE_", toml_file="dateline.toml", frozen=True, extra="forbid"
    )

    archive: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("dateline") / "archive"
    )
    embedder: str = BUNDLED
    llm: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_timeout: float = Field(60.0, gt=0)
    llm_context: int = Field(8192, ge=1024)
    max_file_mb: int = Field(64, ge=1)
    offline: bool = True

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


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
