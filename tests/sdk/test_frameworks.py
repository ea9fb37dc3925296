"""LangChain and LlamaIndex on top of the official client: chat, stream, tools."""
import pytest
from simlib import expected

MODELS = ["gpt-5.2", "claude-opus-4-6"]


@pytest.mark.parametrize("model", MODELS)
def test_langchain(world, model):
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    @tool
    def get_weather(city: str, station: int) -> str:
        """Tells the weather."""
        return f"sunny in {city} at {station}"

    llm = ChatOpenAI(model=model, base_url=world.url + "/v1", api_key=world.key, max_retries=0)
    assert llm.invoke("hello").content == expected(model, "hello")
    assert "".join(c.content for c in llm.stream("hello")) == expected(model, "hello")
    messages = [HumanMessage("use get_weather")]
    call = llm.bind_tools([get_weather]).invoke(messages)
    assert [c["name"] for c in call.tool_calls] == ["get_weather"] and call.tool_calls[0]["args"]["station"] == 9007199254740993
    result = get_weather.invoke(call.tool_calls[0])
    assert isinstance(result, ToolMessage)
    answer = llm.bind_tools([get_weather]).invoke(messages + [call, result])
    assert answer.content == expected(model, result.content)
    assert answer.usage_metadata["total_tokens"] > 0


@pytest.mark.parametrize("model", MODELS)
def test_llama_index(world, model):
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.tools import FunctionTool
    from llama_index.llms.openai import OpenAI

    class Here(OpenAI):
        """Its table of context sizes knows only OpenAI's own models."""

        @property
        def metadata(self):
            from llama_index.core.base.llms.types import LLMMetadata
            return LLMMetadata(context_window=100000, num_output=1000, is_chat_model=True, is_function_calling_model=True, model_name=self.model)

    def get_weather(city: str, station: int) -> str:
        """Tells the weather."""
        return f"sunny in {city} at {station}"

    llm = Here(model=model, api_base=world.url + "/v1", api_key=world.key, max_retries=0)
    assert llm.chat([ChatMessage(role="user", content="hello")]).message.content == expected(model, "hello")
    assert "".join(c.delta or "" for c in llm.stream_chat([ChatMessage(role="user", content="hello")])) == expected(model, "hello")
    answer = llm.chat_with_tools([FunctionTool.from_defaults(get_weather)], user_msg="use get_weather")
    calls = llm.get_tool_calls_from_response(answer)
    assert [c.tool_name for c in calls] == ["get_weather"] and calls[0].tool_kwargs["station"] == 9007199254740993
