"""Settings from the environment (`CITEWELL_*`), then `citewell.toml` in the working directory, then defaults."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, IPvAnyNetwork, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

MIB = 1024 * 1024
HOME = "home"  # the cell of the database of `database_url`, or of the embedded one
_CELL_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NEXT_CELL = re.compile(r",\s*(?=[^\s,=]+=postgres)")  # addresses may have commas


class DatabaseSettings(BaseModel):
    """Where the database is, and how many connections one process takes: at most 20 by default."""

    database_url: SecretStr | None = Field(
        None, description="Your own PostgreSQL (16 or newer) in place of the embedded one."
    )
    database_direct_url: SecretStr | None = Field(
        None,
        description="Direct address of PostgreSQL, if database_url is a pooler (pgbouncer in transaction mode).",
    )
    database_read_url: SecretStr | None = Field(
        None, description="A standby that serves searches, lists and other reading; several as ?host=a,b in one URL."
    )
    database_read_lag_seconds: float = Field(
        5.0, gt=0, description="Longest lag of a standby in use; beyond it, the primary serves all."
    )
    database_random_page_cost: float = Field(
        1.1, gt=0, description="Planner cost of a random read; with PostgreSQL's default of 4, searches are slow."
    )
    database_sessions: int = Field(8, gt=0, description="Connections for transactions and lists.")
    database_direct_connections: int = Field(
        6, gt=0, description="Connections for searches and for the statements of each request and answer."
    )
    database_queue_connections: int = Field(
        3, gt=0, description="Connections on which workers fetch and report jobs; two more listen for new jobs."
    )
    database_statement_seconds: float = Field(
        120.0, ge=0, description="Longest time of one statement, except for building indexes and deleting; 0: no limit."
    )
    database_confirm_seconds: float = Field(
        20.0,
        ge=0,
        description="Longest wait of a commit for a synchronous standby; its request then gets 503; 0: no limit.",
    )
    slow_statement_seconds: float = Field(
        1.0, ge=0, description="Statements that take longer are logged, without their values; 0: none."
    )
    database_application_name: str = Field("citewell", description="Name of this process in pg_stat_activity.")


_PermissionName = Literal[
    "CAN_PERFORM_ADMIN_ACTIONS",
    "CAN_VIEW_DATA",
    "CAN_RUN_TASKS",
    "CAN_VIEW_TECHNICAL_INTERFACE",
    "CAN_IMPERSONATE_OTHER_USERS",
]


class OidcProvider(BaseModel, extra="forbid"):
    """An identity provider. `groups` says by group and project id what its members may do; `email_domains` whose
    addresses may come in (empty: all); `trusts_addresses` takes those that it does not call verified. A session with a
    refresh token is renewed there every `check_minutes` (0: never), and ends when that fails."""

    name: str = "single sign-on"
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    scopes: list[str] = ["openid", "email", "profile"]
    groups_claim: str = "groups"
    groups: dict[str, dict[UUID, list[_PermissionName]]] = {}
    email_domains: list[str] = []
    trusts_addresses: bool = False
    creates_users: bool = True
    session_hours: float = Field(12.0, gt=0, le=24 * 14)
    check_minutes: float = Field(15.0, ge=0, le=24 * 60)


class ModelPrice(BaseModel, extra="forbid"):
    """The price of a million tokens that a model reads (`input`) and writes (`output`)."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class ModelServer(BaseModel, extra="forbid"):
    """The server of a model; without an address, the server of its kind."""

    base_url: str | None = None
    api_key: SecretStr | None = None


class Settings(DatabaseSettings, BaseSettings):
    """Everything that can be configured. Sizes are bytes and times are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="CITEWELL_", toml_file="citewell.toml", extra="ignore", protected_namespaces=()
    )

    cells: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="More PostgreSQL clusters that hold projects, as name=url, ...: see docs/cells.md.",
    )
    cells_direct: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="Direct addresses of cells whose URL leads through a pooler, as name=url, ...",
    )
    cells_read: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict, description="Streaming standbys of cells for reading, as name=url, ..."
    )
    cell_of_new_projects: str = Field(HOME, description="The cell in which new projects are made.")
    worker_cells: list[str] = Field(
        default_factory=list, description="Cells whose background work the workers do; empty: all."
    )

    data_dir: Path = Field(Path(".citewell"), description="Folder of the embedded database, files and models.")
    files_url: str | None = Field(
        None, description="Where files are: a folder (<data_dir>/files by default), s3://, gs:// or az://bucket/prefix."
    )
    files_options: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='Options of the object store: {"endpoint": "http://minio:9000", "region": "us-east-1"}. '
        "The usual variables, such as AWS_ACCESS_KEY_ID, give the rest.",
    )
    files_direct: bool = Field(
        True, description="Clients send and fetch files at signed addresses of the object store; they must reach it."
    )
    wal_archive_dir: Path | None = Field(
        None, description="Archive folder of the embedded database's log, for restoring to a point in time."
    )
    public_url: str | None = Field(None, description="Base of links in answers, e.g. https://kb.example.org.")
    allowed_hosts: list[str] = Field(
        default_factory=list, description='Host names that the server answers, like ["kb.example.org"]; empty: all.'
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level that is logged.")
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token of /metrics; without one, only this machine reads it."
    )
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector for traces (OTLP over HTTP); needs the extra citewell[otel]."
    )
    log_json: bool = Field(False, description="Log each line as a JSON object, not as text.")

    model: str = Field("extractive", description='"extractive", "openai/<name>" or "anthropic/<name>".')
    model_base_url: str | None = Field(None, description="Address of the model server, up to /v1.")
    model_api_key: SecretStr | None = Field(None, description="Key of the model server.")
    model_servers: dict[str, ModelServer] = Field(
        default_factory=dict,
        description="Servers of further models, by model name: "
        '{"openai/llama3": {"base_url": "http://gpu:8000/v1"}, "anthropic/claude-sonnet-4-5": {"api_key": "..."}}.',
    )
    model_fallbacks: list[str] = Field(default_factory=list, description="Models to try when the first fails.")
    model_aliases: dict[str, str] = Field(
        default_factory=dict,
        description='Maps model names of clients to models here: {"gpt-4o": "openai/llama3"}. Unknown names '
        "use `model`.",
    )
    claim_check_model: str | None = Field(
        None,
        description="Model that also checks the claims of each answer against its citations; none: only a rule checks.",
    )
    model_prices: dict[str, ModelPrice] = Field(
        default_factory=dict,
        description="Price of a million tokens, by model name: "
        '{"openai/llama3": {"input": 0.2, "output": 0.8}}. Usage then shows the cost.',
    )
    model_currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="Currency of the prices, as in ISO 4217.")
    model_timeout: float = Field(60.0, gt=0, description="Longest time without data from the model server.")
    model_max_output_tokens: int = Field(4096, gt=0, description="Longest reply of a model.")

    embedding: Literal["auto", "local", "openai", "none"] = Field(
        "auto", description="What computes vectors; auto: the endpoint if one is set, else the local model."
    )
    embedding_model_dir: Path | None = Field(None, description="Folder with model.safetensors and tokenizer.json.")
    models_dir: Path | None = Field(None, description="Where prepared models are kept: <data_dir>/models by default.")
    embedding_base_url: str | None = Field(
        None,
        description="Endpoint for vectors, up to /v1; or several of one model, with commas between them.",
    )
    embedding_concurrency: int = Field(4, gt=0, description="Requests at once to each endpoint for vectors.")
    embedding_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")
    embedding_model: str | None = Field(
        None, description="Local: e5 (the default), minilm (fast, English) or both (best). Else the endpoint's model."
    )
    embedding_precision: Literal["int8", "fp32"] = Field(
        "int8", description="Precision of the local model; int8 is faster."
    )
    embedding_threads: int | None = Field(
        None, gt=0, description="Threads for indexing with the local model; all cores by default."
    )

    rerank_base_url: str | None = Field(None, description="Endpoint that reranks search results, without /rerank.")
    rerank_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")
    rerank_model: str | None = Field(None, description="Model of that endpoint; required with it.")

    smtp_host: str | None = Field(None, description="Mail server; without one, mails are files in <data_dir>/outbox.")
    smtp_port: int = Field(587, gt=0, lt=65536, description="Port of the mail server.")
    smtp_user: str | None = Field(None, description="User of the mail server; none: no sign-in.")
    smtp_password: SecretStr | None = Field(None, description="Password of that user.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How mail is encrypted.")
    mail_from: str = Field("citewell@localhost", description="Sender of mails, with a name or without.")

    websearch_url: str | None = Field(None, description="Search endpoint of the websearch tool, like SearXNG's.")
    websearch_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")

    oidc_providers: dict[str, OidcProvider] = Field(
        default_factory=dict,
        description="Identity providers by name, as JSON: see docs/single-sign-on.md.",
    )
    password_sign_in: Literal["everybody", "superusers"] = Field(
        "everybody",
        description="Who may sign in with a password; superusers: only they, in case the provider is unavailable.",
    )
    mcp_allowed_origins: list[str] = Field(
        default_factory=list,
        description="Other sites whose pages may call /mcp, such as https://inspector.example.org.",
    )
    source_folders: list[Path] = Field(
        default_factory=list, description="Folders below which sources may read files of the server. None by default."
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Encrypts stored secrets of sources and webhooks; the same on all servers. Without it,"
        " secret.key in <data_dir> is used.",
    )
    outgoing_private_networks: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description="Private networks that addresses given by users may point to, such as 10.0.0.0/8. None by default.",
    )

    max_upload_bytes: int = Field(2 * 1024 * MIB, gt=0, description="Largest body of one upload request.")
    max_files_per_upload: int = Field(200, gt=0, description="Most files in one upload request.")
    upload_url_seconds: float = Field(24 * 3600.0, gt=0, description="How long a signed upload address is valid.")
    file_url_seconds: int = Field(3600, gt=0, description="How long the addresses of files in answers are valid.")
    max_body_bytes: int = Field(2 * MIB, gt=0, description="Largest body that is not an upload.")
    max_message_chars: int = Field(100_000, gt=0, description="Longest question.")
    max_connections_per_peer: int = Field(
        2000, gt=0, description="Open connections from one address; at most half of the file descriptors."
    )
    min_body_bytes_per_second: int = Field(
        1024,
        ge=0,
        description="Least mean speed of a request's body after a first minute; slower ones are ended; 0: no limit.",
    )
    rate_limit_per_minute: int = Field(1200, gt=0, description="Requests a minute of one token, user or unknown peer.")
    rate_limit_burst: int = Field(
        300, ge=0, description="Requests at once of one token, user or unknown peer; 0: no limit."
    )

    parse_timeout: float = Field(300.0, gt=0, description="Longest time of reading one file.")
    recognition_timeout: float = Field(
        3600.0, gt=0, description="Longest time of reading one file that needs text recognition."
    )
    recognition_languages: str = Field(
        "eng",
        pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$",
        description='Languages by their names in tesseract, like "eng+deu".',
    )
    parse_memory_bytes: int = Field(1024 * MIB, gt=0, description="Largest memory for reading one file.")
    worker_queues: list[Literal["parse", "embed", "extract", "evaluate", "mail", "sync", "maintenance"]] = Field(
        default=["parse", "embed", "extract", "evaluate", "mail", "sync", "maintenance"],
        min_length=1,
        description="Kinds of background work that workers do: `citewell worker --queues`.",
    )
    worker_concurrency: int = Field(3, gt=0, description="Documents that one worker process parses at once.")
    worker_quick: int = Field(
        1, gt=0, description="Small files (up to 70 kB) that one worker process parses at once, in addition."
    )
    worker_embed: int = Field(2, gt=0, description="Documents that one worker process embeds at once.")
    worker_extract: int = Field(2, gt=0, description="Extractions that one worker process runs at once.")
    worker_evaluate: int = Field(2, gt=0, description="Questions of evaluations that one worker process asks at once.")
    worker_mail: int = Field(1, gt=0, description="Mails that one worker process sends at once.")
    worker_sync: int = Field(2, gt=0, description="Sources that one worker process syncs at once.")
    worker_maintenance: int = Field(2, gt=0, description="Deletions and other upkeep that one process does at once.")

    keep_streams_days: int = Field(
        30, ge=0, description="Days to keep the logs of ended streams; 0, here and below: forever."
    )
    keep_run_logs_days: int = Field(
        90, ge=0, description="Log lines of pipeline runs; syncs, imports and exports that have ended."
    )
    keep_jobs_days: int = Field(30, ge=0, description="Jobs that failed or were cancelled.")
    keep_notifications_days: int = Field(180, ge=0, description="Notifications.")
    keep_sign_ins_days: int = Field(
        30, ge=0, description="Failed sign-ins, and expired sessions, setup links and OAuth tokens."
    )
    keep_webhooks_days: int = Field(30, ge=0, description="Webhook deliveries that have ended.")
    keep_audit_days: int = Field(730, ge=0, description="The audit log.")
    keep_outbox_days: int = Field(30, ge=0, description="Mails in the outbox folder.")

    turn_shutdown_seconds: float = Field(
        300.0,
        ge=0,
        description="How long running answers may continue after SIGTERM; then they end with their text so far.",
    )
    loop_stall_seconds: float = Field(
        0.25, ge=0, description="CPU time for which code may hold the event loop before this is logged; 0: no watch."
    )
    stop_delay_seconds: float = Field(
        0.0, ge=0, description="Shortest time that a stopping server still answers, so that load balancers see /readyz."
    )
    turn_lease_seconds: float = Field(
        8.0, gt=0, description="Lease of a turn: if its process is silent for so long, another closes it."
    )
    max_turns: int = Field(1000, gt=0, description="Answers that one server process works on at once.")
    max_turns_per_user: int = Field(20, gt=0, description="Answers of one user at once.")
    max_tool_rounds: int = Field(6, gt=0, description="Rounds of tool calls that a model may make for one answer.")
    max_tool_seconds: float = Field(30.0, gt=0, description="Longest time of one call of a tool.")
    max_context_tokens: int = Field(100_000, gt=0, description="Longest input of a model.")
    stream_ping_seconds: float = Field(15.0, gt=0, description="Time without events after which a stream sends a ping.")

    @field_validator("cells", "cells_direct", "cells_read", mode="before")
    @classmethod
    def _read_cells(cls, given: Any) -> Any:
        """`name=url, name=url`; a map of `citewell.toml` as it is."""
        if not isinstance(given, str):
            return given
        pairs = [part.partition("=") for part in _NEXT_CELL.split(given.strip()) if part.strip()]
        return {name.strip(): url.strip() for name, _, url in pairs}

    @field_validator("cells", "cells_direct", "cells_read")
    @classmethod
    def _check_cells(cls, cells: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        for name, url in cells.items():
            if info.field_name != "cells" and name not in info.data.get("cells", {}):
                raise ValueError(f"there is no cell {name[:40]}: CITEWELL_CELLS names them")
            if not _CELL_NAME.fullmatch(name) or name == HOME:
                raise ValueError(
                    f'"{name[:40]}" cannot name a cell: use small letters, digits and hyphens, and not "{HOME}"'
                )
            if not url.get_secret_value().startswith("postgres"):
                raise ValueError(f"the cell {name} needs a URL like postgresql://user:password@host:5432/name")
        return cells

    @field_validator("cell_of_new_projects", "worker_cells")
    @classmethod
    def _check_cell_names(cls, given: Any, info: ValidationInfo) -> Any:
        unknown = set([given] if isinstance(given, str) else given) - {HOME, *info.data.get("cells", {})}
        if unknown:
            raise ValueError(f"there is no cell {', '.join(sorted(unknown))}: CITEWELL_CELLS names them")
        return given

    @property
    def urls_of_cells(self) -> dict[str, str]:
        """The address of each cell's PostgreSQL itself, not of a pooler in front of it."""
        return {name: url.get_secret_value() for name, url in (self.cells | self.cells_direct).items()}

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    def files_config(self) -> tuple[str, dict[str, str]]:
        """URL and options of the store of files."""
        options = {name: value.get_secret_value() for name, value in self.files_options.items()}
        return self.files_url or str(self.files_dir), options

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
