"""The tools, resources and prompts that the conformance suite of MCP asks a server for: its scenarios say what each
must do. They are served by our endpoint, beside nothing of our own.
"""

import asyncio
import base64
import json
from typing import Any

from mcp.server import MCPServer, Server
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    AudioContent,
    CallToolResult,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)

_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
_IMAGE = ImageContent(data=_PIXEL, mime_type="image/png")
_PAUSE = 0.05  # seconds, as the suite asks for between messages of one call
_Asked = str | InputRequiredResult


def fixture_server() -> Server[Any]:
    """A server with all fixtures of both revisions."""
    made = MCPServer("fixtures")
    for add in (_contents, _messages, _questions, _rounds, _resources, _prompts):
        add(made)
    for one in (*made._tool_manager.list_tools(), *made._prompt_manager.list_prompts()):
        one.description = one.description or f"The suite's fixture {one.name}"
    server: Server[Any] = made._lowlevel_server
    _handlers(server)
    return server


def _contents(made: MCPServer[Any]) -> None:
    def embedded(uri: str, media_type: str, text: str) -> EmbeddedResource:
        return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=media_type, text=text))

    @made.tool()
    def test_simple_text() -> str:
        return "This is a simple text response for testing."

    @made.tool()
    def test_image_content() -> CallToolResult:
        return CallToolResult(content=[_IMAGE])

    @made.tool()
    def test_audio_content() -> CallToolResult:
        return CallToolResult(content=[AudioContent(data=_PIXEL, mime_type="audio/wav")])

    @made.tool()
    def test_embedded_resource() -> CallToolResult:
        found = embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
        return CallToolResult(content=[found])

    @made.tool()
    def test_multiple_content_types() -> CallToolResult:
        found = embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
        return CallToolResult(content=[TextContent(text="Multiple content types test:"), _IMAGE, found])

    @made.tool()
    def test_error_handling() -> str:
        raise RuntimeError("This tool intentionally returns an error for testing")

    @made.tool()
    def test_missing_capability() -> str:
        raise MCPError(-32021, "This tool needs sampling.", {"requiredCapabilities": {"sampling": {}}})


def _messages(made: MCPServer[Any]) -> None:
    async def log(context: Context, *texts: str) -> None:
        for text in texts:
            await context.info(text)
            await asyncio.sleep(_PAUSE)

    @made.tool()
    async def test_tool_with_logging(context: Context) -> str:
        await log(context, "Tool execution started", "Tool processing data", "Tool execution completed")
        return "Done."

    @made.tool()
    async def test_logging_tool(context: Context) -> str:
        await log(context, "Nobody asked for this.")
        return "Done."

    @made.tool()
    async def test_tool_with_progress(context: Context) -> str:
        for done in (0, 50, 100):
            await context.report_progress(done, 100, f"Completed step {done} of 100")
            await asyncio.sleep(_PAUSE)
        return "Done."

    @made.tool()
    async def test_trigger_tool_change(context: Context) -> str:
        await context.notify_tools_changed()
        return "Done."

    @made.tool()
    async def test_trigger_prompt_change(context: Context) -> str:
        await context.notify_prompts_changed()
        return "Done."


def _questions(made: MCPServer[Any]) -> None:
    """Asked in the middle of a call, as revision 2025-11-25 has it."""

    async def answered(context: Context, message: str, properties: dict[str, Any]) -> str:
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        result = await context.session.elicit_form(message, schema, context.request_context.request_id)
        return f"action={result.action}, content={json.dumps(result.content)}"

    @made.tool()
    async def test_sampling(prompt: str, context: Context) -> str:
        message = SamplingMessage(role="user", content=TextContent(text=prompt))
        identity = context.request_context.request_id
        result = await context.session.create_message([message], max_tokens=100, related_request_id=identity)
        return f"LLM response: {result.content.text if isinstance(result.content, TextContent) else ''}"

    @made.tool()
    async def test_elicitation(message: str, context: Context) -> str:
        text = {"type": "string", "description": "User's response"}
        return f"User response: {await answered(context, message, {'username': text, 'email': text})}"

    @made.tool()
    async def test_elicitation_sep1034_defaults(context: Context) -> str:
        properties = {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
            "verified": {"type": "boolean", "default": True},
        }
        return f"Elicitation completed: {await answered(context, 'Please fill this in', properties)}"

    @made.tool()
    async def test_elicitation_sep1330_enums(context: Context) -> str:
        plain = {"type": "string", "enum": ["option1", "option2", "option3"]}
        titled = [{"const": f"value{n}", "title": f"Choice {n}"} for n in (1, 2, 3)]
        legacy = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
        properties = {
            "untitledSingle": plain,
            "titledSingle": {"type": "string", "oneOf": titled},
            "legacyEnum": {"type": "string"} | legacy,
            "untitledMulti": {"type": "array", "items": plain},
            "titledMulti": {"type": "array", "items": {"anyOf": titled}},
        }
        return f"Elicitation completed: {await answered(context, 'Please choose', properties)}"


def _form(message: str, **properties: str) -> ElicitRequest:
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=tokens))


def _rounds(made: MCPServer[Any]) -> None:
    """Asked by the result of a call, as revision 2026-07-28 has it: the client calls again with the answers."""

    def one_round(name: str, requests: dict[str, Any], state: str | None = None) -> None:
        def tool(context: Context) -> _Asked:
            given = context.input_responses or {}
            if all(_is_answer(given.get(key), request) for key, request in requests.items()):
                told = json.dumps({key: given[key].model_dump(mode="json") for key in requests})
                return f"state-ok {told}" if state is None or context.request_state == state else "state-wrong"
            return InputRequiredResult(input_requests=requests, request_state=state)

        made.add_tool(tool, name=name)

    name, confirm = _form("What is your name?", name="string"), _form("Please confirm", ok="boolean")
    prefix = "test_input_required_result"
    one_round(f"{prefix}_elicitation", {"user_name": name})
    one_round("test_streaming_elicitation", {"user_name": name})
    one_round(f"{prefix}_sampling", {"capital_question": _sample("What is the capital of France?", 100)})
    one_round(f"{prefix}_list_roots", {"client_roots": ListRootsRequest()})
    one_round(f"{prefix}_request_state", {"confirm": confirm}, "confirming")
    one_round(f"{prefix}_tampered_state", {"confirm": confirm}, "sealed")
    several = {"user_name": name, "greeting": _sample("Generate a greeting", 50), "client_roots": ListRootsRequest()}
    one_round(f"{prefix}_multiple_inputs", several, "several")

    @made.tool(name=f"{prefix}_multi_round")
    def multi_round(context: Context) -> _Asked:
        given = context.input_responses or {}
        if "step2" in given and context.request_state == "second":
            return "Done."
        if "step1" in given and context.request_state == "first":
            colour = _form("Step 2: What is your favorite color?", color="string")
            return InputRequiredResult(input_requests={"step2": colour}, request_state="second")
        asked = {"step1": _form("Step 1: What is your name?", name="string")}
        return InputRequiredResult(input_requests=asked, request_state="first")

    @made.tool(name=f"{prefix}_capabilities")
    def capabilities(context: Context) -> _Asked:
        able = context.client_capabilities
        wanted: dict[str, Any] = {}
        if able is not None and able.elicitation is not None:
            wanted["user_name"] = name
        if able is not None and able.sampling is not None:
            wanted["greeting"] = _sample("Generate a greeting", 50)
        return InputRequiredResult(input_requests=wanted) if wanted else "The client can do neither."

    @made.prompt(name=f"{prefix}_prompt")
    def prompt(context: Context) -> Any:
        given = (context.input_responses or {}).get("user_context")
        if isinstance(given, ElicitResult):
            return [UserMessage(TextContent(text=f"Use this context: {given.content}"))]
        asked = {"user_context": _form("What context should the prompt use?", context="string")}
        return InputRequiredResult(input_requests=asked)


def _is_answer(given: Any, request: Any) -> bool:
    """Whether a client's answer is of the kind that was asked for."""
    if given is None:
        return False
    if isinstance(request, ElicitRequest):
        return isinstance(given, ElicitResult) and given.action == "accept" and bool(given.content)
    return not isinstance(given, ElicitResult)


def _resources(made: MCPServer[Any]) -> None:
    @made.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @made.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(_PIXEL)

    @made.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        return "Watched resource content"

    @made.resource("test://template/{id}/data", mime_type="application/json")
    def of_template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _prompts(made: MCPServer[Any]) -> None:
    @made.prompt()
    def test_simple_prompt() -> list[UserMessage]:
        return [UserMessage(TextContent(text="This is a simple prompt for testing."))]

    @made.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
        return [UserMessage(TextContent(text=f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]

    @made.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
        text = "Embedded resource content for testing."
        found = TextResourceContents(uri=resourceUri, mime_type="text/plain", text=text)
        asked = TextContent(text="Please process the embedded resource above.")
        return [UserMessage(EmbeddedResource(resource=found)), UserMessage(asked)]

    @made.prompt()
    def test_prompt_with_image() -> list[UserMessage]:
        return [UserMessage(_IMAGE), UserMessage(TextContent(text="Please analyze the image above."))]

    @made.completion()
    async def complete(reference: Any, argument: Any, context: Any) -> Completion:
        return Completion(values=["paris", "park", "party"], total=3, has_more=False)


def _handlers(server: Server[Any]) -> None:
    """What the SDK's upper layer has no decorators for."""

    async def acknowledge(context: Any, params: Any) -> EmptyResult:
        return EmptyResult()

    server.add_request_handler("logging/setLevel", SetLevelRequestParams, acknowledge)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, acknowledge)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, acknowledge)
