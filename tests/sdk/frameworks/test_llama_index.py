"""LlamaIndex, unmodified, by three of its integrations, in front of each provider. The fourth, llama-index-llms-anthropic 0.12.3, builds
messages of a type that anthropic 2 has made a union, and fails before it sends anything."""
import json

import pytest
from llama_index.core.base.llms.types import ChatMessage, LLMMetadata
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from simlib import expected, looks_whole

MODELS = ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash", "gpt-5.3-codex"]


class Recipe(BaseModel):
    """What to cook."""

    name: str
    steps: list[str]


def for_any_model(cls):
    """Their tables of context sizes know the vendors' own models alone."""

    class Here(cls):
        @property
        def metadata(self):
            return LLMMetadata(context_window=100000, num_output=1000, is_chat_model=True, is_function_calling_model=True, model_name=self.model)

    return Here


def chat_completions(world, model):
    from llama_index.llms.openai import OpenAI
    return for_any_model(OpenAI)(model=model, api_base=world.url + "/v1", api_key=world.key, max_retries=0)


def responses(world, model):
    from llama_index.llms.openai import OpenAIResponses
    return for_any_model(OpenAIResponses)(model=model, api_base=world.url + "/v1", api_key=world.key, max_retries=0)


def generate_content(world, model):
    from llama_index.llms.google_genai import GoogleGenAI
    return GoogleGenAI(model=model, api_key=world.key, http_options={"base_url": world.url}, context_window=100000, max_tokens=1000)


pytestmark = [pytest.mark.parametrize("model", MODELS), pytest.mark.parametrize("dialect", [chat_completions, responses, generate_content], ids=lambda d: d.__name__)]


def get_weather(city: str, station: int) -> str:
    """Tells the weather."""
    return f"sunny in {city} at {station}"


def test_chat(world, dialect, model):
    assert dialect(world, model).chat([ChatMessage(role="user", content="hello")]).message.content == expected(model, "hello")


def test_stream(world, dialect, model):
    assert "".join(c.delta or "" for c in dialect(world, model).stream_chat([ChatMessage(role="user", content="hello")])) == expected(model, "hello")


def test_tool_round(world, dialect, model):
    llm, weather = dialect(world, model), FunctionTool.from_defaults(get_weather)
    answer = llm.chat_with_tools([weather], user_msg="use get_weather")
    calls = llm.get_tool_calls_from_response(answer)
    assert [c.tool_name for c in calls] == ["get_weather"] and calls[0].tool_kwargs["station"] == 9007199254740993
    result = weather.call(**calls[0].tool_kwargs).content
    told = ChatMessage(role="tool", content=result, additional_kwargs={"tool_call_id": calls[0].tool_id, "name": "get_weather"})
    answer = llm.chat_with_tools([weather], chat_history=[ChatMessage(role="user", content="use get_weather"), answer.message, told])
    wrapped = dialect is generate_content and model == "gemini-3-flash"  # forwarded as it is, the fake world sees what LlamaIndex puts around it
    assert looks_whole(answer.message.content) if wrapped else answer.message.content == expected(model, result)


def test_streamed_tool(world, dialect, model):
    llm = dialect(world, model)
    for last in llm.stream_chat_with_tools([FunctionTool.from_defaults(get_weather)], user_msg="use get_weather"):
        pass
    calls = llm.get_tool_calls_from_response(last)
    assert [c.tool_name for c in calls] == ["get_weather"] and calls[0].tool_kwargs["station"] == 9007199254740993


def test_structured_output(world, dialect, model):
    """By a forced tool, or by the form of the answer, as each integration prefers."""
    world.sim.script({"default": {"text": json.dumps({"name": "soup", "steps": []})}})
    recipe = dialect(world, model).as_structured_llm(Recipe).complete("soup, as JSON").raw
    assert isinstance(recipe, Recipe) and recipe.steps == [] and recipe.name
