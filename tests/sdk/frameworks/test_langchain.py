"""LangChain, unmodified, by each of its integrations: Chat Completions, Responses, Messages and generateContent, in front of each provider."""
import json

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field
from simlib import expected

MODELS = ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash", "gpt-5.3-codex"]


class Recipe(BaseModel):
    """What to cook."""

    name: str = Field(description="what it is called")
    steps: list[str]


@tool
def get_weather(city: str, station: int) -> str:
    """Tells the weather."""
    return f"sunny in {city} at {station}"


def chat_completions(world, model):
    from langchain_openai import ChatOpenAI
    return ChatOpenAI(model=model, base_url=world.url + "/v1", api_key=world.key, max_retries=0, use_responses_api=False)


def responses(world, model):
    from langchain_openai import ChatOpenAI
    return ChatOpenAI(model=model, base_url=world.url + "/v1", api_key=world.key, max_retries=0, use_responses_api=True)


def messages(world, model):
    from langchain_anthropic import ChatAnthropic
    return ChatAnthropic(model=model, base_url=world.url, api_key=world.key, max_retries=0, max_tokens=1000)


def generate_content(world, model):
    from langchain_google_genai import ChatGoogleGenerativeAI
    return ChatGoogleGenerativeAI(model=model, base_url=world.url, api_key=world.key, max_retries=1)


pytestmark = [pytest.mark.parametrize("model", MODELS), pytest.mark.parametrize("dialect", [chat_completions, responses, messages, generate_content], ids=lambda d: d.__name__)]


def test_chat(world, dialect, model):
    answer = dialect(world, model).invoke("hello")
    assert answer.text == expected(model, "hello") and answer.usage_metadata["total_tokens"] > 100


def test_stream(world, dialect, model):
    assert "".join(c.text for c in dialect(world, model).stream("hello")) == expected(model, "hello")


def test_tool_round(world, dialect, model):
    llm = dialect(world, model).bind_tools([get_weather])
    asked = [HumanMessage("use get_weather")]
    call = llm.invoke(asked)
    assert [c["name"] for c in call.tool_calls] == ["get_weather"] and call.tool_calls[0]["args"]["station"] == 9007199254740993
    result = get_weather.invoke(call.tool_calls[0])
    assert isinstance(result, ToolMessage)
    answer = llm.invoke([*asked, call, result])
    assert answer.text == expected(model, result.content)


def test_streamed_tool_round(world, dialect, model):
    llm = dialect(world, model).bind_tools([get_weather])
    asked, call = [HumanMessage("use get_weather")], None
    for chunk in llm.stream(asked):
        call = chunk if call is None else call + chunk
    assert [c["name"] for c in call.tool_calls] == ["get_weather"] and call.tool_calls[0]["args"]["station"] == 9007199254740993
    result = get_weather.invoke(call.tool_calls[0])
    assert "".join(c.text for c in llm.stream([*asked, call, result])) == expected(model, result.content)


def test_structured_output(world, dialect, model):
    world.sim.script({"default": {"text": json.dumps({"name": "soup", "steps": ["boil"]})}})
    llm = dialect(world, model).with_structured_output(Recipe, method="json_schema")
    assert llm.invoke("soup, as JSON") == Recipe(name="soup", steps=["boil"])


def test_structured_output_by_a_tool(world, dialect, model):
    recipe = dialect(world, model).with_structured_output(Recipe, method="function_calling").invoke("soup")
    assert isinstance(recipe, Recipe) and recipe.steps == [] and "鱼" in recipe.name
