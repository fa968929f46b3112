"""`citewell dev-model`: a scripted model server for trying things out and for load tests."""

from typing import Annotated

import typer

_EXAMPLE = """Example: citewell dev-model --port 8800

Then: CITEWELL_MODEL=openai/paced:tokens=200,rate=50 CITEWELL_MODEL_BASE_URL=http://127.0.0.1:8800/v1 citewell serve"""


def add_to(app: typer.Typer) -> None:
    app.command("dev-model", epilog=_EXAMPLE)(dev_model)


def dev_model(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8800,
) -> None:
    """Serve a scripted model: floods, paces, calls tools, fails and stalls as the model's name says.

    It speaks the OpenAI and the Anthropic wire format and answers nonsense. GET /v1/models lists what it can do.
    """
    from citewell import devmodel

    devmodel.run(host, port)
