"""Other people's clients against the provider; each is skipped where it is not installed."""

from __future__ import annotations

import asyncio
import gc
import importlib
import warnings
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

pytestmark = pytest.mark.filterwarnings("ignore")  # what these packages warn of is theirs


class Person(BaseModel):
    name: str
    age: int


SAID = "Extract: Jason is 25 years old"
JASON = Person(name="Jason", age=25)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


@pytest.fixture(autouse=True, scope="module")
def no_leftovers() -> Iterator[None]:
    """Loops and sockets these packages do not close are collected here, where their warnings are expected."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def import_or_skip(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{name} is not installed ({error})")


def ask_user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.fixture
def litellm(provider_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it is fetched from the web
    monkeypatch.setenv("OPENAI_API_BASE", provider_url)
    monkeypatch.setenv("OPENAI_BASE_URL", provider_url)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    return import_or_skip("litellm")


def test_litellm_completion_stream_and_usage(litellm: Any) -> None:
    plain = litellm.completion(model="openai/gpt-4o", messages=ask_user("Hello"))
    chunks = list(litellm.completion(model="openai/gpt-4o", messages=ask_user("Hello"), stream=True))
    whole = litellm.stream_chunk_builder(chunks)
    assert whole.choices[0].message.content == plain.choices[0].message.content
    assert plain.usage.total_tokens == plain.usage.prompt_tokens + plain.usage.completion_tokens


def test_litellm_parallel_tools_and_answer(litellm: Any) -> None:
    pytest.importorskip("mcp")  # litellm wants it as soon as there are tools
    messages = ask_user("What is the weather in Rome, Oslo and Paris?")
    message = litellm.completion(model="gpt-4o", messages=messages, tools=[WEATHER]).choices[0].message
    assert len(message.tool_calls) == 3
    results = [{"role": "tool", "tool_call_id": call.id, "content": "mild"} for call in message.tool_calls]
    answer = litellm.completion(model="gpt-4o", messages=[*messages, message, *results], tools=[WEATHER])
    assert answer.choices[0].message.content


def test_litellm_structured_output(litellm: Any) -> None:
    answer = litellm.completion(model="gpt-4o", messages=ask_user(SAID), response_format=Person)
    assert Person.model_validate_json(answer.choices[0].message.content) == JASON


def test_litellm_embedding_and_text_completion(litellm: Any) -> None:
    assert len(litellm.embedding(model="text-embedding-3-small", input=["a"]).data[0]["embedding"]) == 1536
    text = litellm.text_completion(model="text-completion-openai/gpt-3.5-turbo-instruct", prompt="Hello")
    assert text.choices[0].text


@pytest.mark.parametrize(
    "mode",
    ["TOOLS", "TOOLS_STRICT", "JSON", "MD_JSON", "JSON_SCHEMA", "FUNCTIONS", "RESPONSES_TOOLS"],
)
def test_instructor_modes(mode: str, provider_url: str) -> None:
    instructor = import_or_skip("instructor")
    with openai.OpenAI(base_url=provider_url, api_key="key") as client:
        patched = instructor.from_openai(client, mode=getattr(instructor.Mode, mode))
        answer = patched.chat.completions.create(
            model="gpt-4o", messages=ask_user(SAID), response_model=Person, max_retries=0
        )
    assert answer.model_dump() == JASON.model_dump()  # a class of instructor's own


def test_instructor_lists(provider_url: str) -> None:
    instructor = import_or_skip("instructor")
    with openai.OpenAI(base_url=provider_url, api_key="key") as client:
        patched = instructor.from_openai(client)
        people = patched.chat.completions.create_iterable(
            model="gpt-4o", messages=ask_user("Jason is 25, Anna is 31"), response_model=Person
        )
        assert list(people) == [JASON, Person(name="Anna", age=31)]


@pytest.mark.parametrize("kind", ["OpenAIChatModel", "OpenAIResponsesModel"])
def test_pydantic_ai_tools_outputs_and_stream(kind: str, provider_url: str) -> None:
    pydantic_ai = import_or_skip("pydantic_ai")
    models = import_or_skip("pydantic_ai.models.openai")
    providers = import_or_skip("pydantic_ai.providers.openai")
    rolls: list[int] = []

    def roll_dice() -> int:
        """Roll a six-sided die."""
        rolls.append(4)
        return 4

    async def use() -> None:
        client = openai.AsyncOpenAI(base_url=provider_url, api_key="key", max_retries=0)
        model = getattr(models, kind)("gpt-4o", provider=providers.OpenAIProvider(openai_client=client))
        async with client:
            for output in (Person, pydantic_ai.NativeOutput(Person), pydantic_ai.PromptedOutput(Person)):
                assert (await pydantic_ai.Agent(model, output_type=output).run(SAID)).output == JASON
            agent = pydantic_ai.Agent(model, tools=[roll_dice])
            assert (await agent.run("My guess is 4, roll the dice")).output
            async with pydantic_ai.Agent(model).run_stream("Hello there") as streamed:
                assert "".join([part async for part in streamed.stream_text(delta=True)])

    asyncio.run(use())
    assert rolls == [4]


@pytest.mark.parametrize("kind", ["OpenAIChatCompletionsModel", "OpenAIResponsesModel"])
def test_openai_agents_tools_handoffs_outputs_and_stream(kind: str, provider_url: str) -> None:
    agents = import_or_skip("agents")
    agents.set_tracing_disabled(True)  # else traces are sent to OpenAI
    asked: list[str] = []

    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        asked.append(city)
        return "mild"

    async def use() -> None:
        async with openai.AsyncOpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
            model = getattr(agents, kind)(model="gpt-4o", openai_client=client)
            run, agent = agents.Runner.run, agents.Agent
            assert (await run(agent(name="a", model=model, output_type=Person), SAID)).final_output == JASON
            weather = agent(name="weather", model=model, tools=[agents.function_tool(get_weather)])
            streamed = agents.Runner.run_streamed(weather, "What is the weather in Rome?")
            assert [event async for event in streamed.stream_events()]
            assert streamed.final_output
            triage = agent(name="triage", model=model, handoffs=[weather])
            result = await run(triage, "Please transfer_to_weather now")
            assert result.last_agent.name == "weather"

    asyncio.run(use())
    assert asked[0] == "Rome"


@pytest.mark.parametrize("kind", ["OpenAI", "OpenAIResponses"])
def test_llama_index_chat_tools_and_outputs(kind: str, provider_url: str) -> None:
    llms = import_or_skip("llama_index.llms.openai")
    if not hasattr(llms, kind):
        pytest.skip(f"this llama-index has no {kind}")
    core = import_or_skip("llama_index.core")
    tools = import_or_skip("llama_index.core.tools")

    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        return f"mild in {city}"

    llm = getattr(llms, kind)(model="gpt-4o", api_key="key", api_base=provider_url, max_retries=0)
    assert llm.complete("Hello").text == "".join(part.delta for part in llm.stream_complete("Hello"))
    assert llm.structured_predict(Person, core.PromptTemplate(SAID)) == JASON
    tool = tools.FunctionTool.from_defaults(get_weather)
    assert llm.predict_and_call([tool], "What's the weather in Paris?").response == "mild in Paris"


def test_dspy_predicts_through_litellm(provider_url: str, litellm: Any) -> None:
    del litellm  # sets its environment
    dspy = import_or_skip("dspy")
    with dspy.context(lm=dspy.LM("openai/gpt-4o", api_base=provider_url, api_key="key", cache=False)):
        assert dspy.Predict("question -> answer: float")(question="What is 3 + 4?").answer == 3.0


def test_dspy_reacts_in_the_form_of_its_prompt(provider_url: str, litellm: Any) -> None:
    del litellm  # sets its environment
    dspy = import_or_skip("dspy")

    def get_weather(city: str = "Rome") -> str:
        """Get the weather of a city."""
        return "mild"

    with dspy.context(lm=dspy.LM("openai/gpt-4o", api_base=provider_url, api_key="key", cache=False)):
        react = dspy.ReAct("question -> answer", tools=[get_weather], max_iters=2)
        result = react(question="What is the weather in Rome?")
    assert result.answer
    assert result.trajectory["observation_0"] == "mild"


def test_openai_agents_go_on_from_what_the_provider_keeps(provider_url: str) -> None:
    agents = import_or_skip("agents")
    agents.set_tracing_disabled(True)

    async def use() -> None:
        async with openai.AsyncOpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
            model = agents.OpenAIResponsesModel(model="gpt-4o", openai_client=client)
            run, agent = agents.Runner.run, agents.Agent(name="a", model=model)
            first = await run(agent, "I am Anna")
            second = await run(agent, "Who am I?", previous_response_id=first.last_response_id)
            assert second.raw_responses[0].usage.input_tokens > first.raw_responses[0].usage.total_tokens
            session = agents.OpenAIConversationsSession(openai_client=client)
            for said in ("I am Anna", "Who am I?"):
                await run(agent, said, session=session)
            assert len(await session.get_items()) == 4

    asyncio.run(use())


def test_haystack_answers_and_embeds(provider_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    chat = import_or_skip("haystack.components.generators.chat")
    embedders = import_or_skip("haystack.components.embedders")
    messages = [import_or_skip("haystack.dataclasses").ChatMessage.from_user("Hello")]
    generator = chat.OpenAIChatGenerator(model="gpt-4o", api_base_url=provider_url)
    assert generator.run(messages)["replies"][0].text
    embedder = embedders.OpenAITextEmbedder(api_base_url=provider_url)
    assert len(embedder.run("Hello")["embedding"]) == 1536


def test_langchain_has_azures_chat_and_moderation(provider_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lc, middleware = import_or_skip("langchain_openai"), import_or_skip("langchain_openai.middleware")
    agents = import_or_skip("langchain.agents")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("OPENAI_BASE_URL", provider_url)
    judge = middleware.OpenAIModerationMiddleware(model="omni-moderation-latest")
    agent = agents.create_agent(lc.ChatOpenAI(model="gpt-4o"), middleware=[judge])
    said = agent.invoke({"messages": ask_user("I will kill you all")})["messages"][-1].content
    assert "flagged" in said
    monkeypatch.delenv("OPENAI_BASE_URL")
    for responses in (False, True):
        model = lc.AzureChatOpenAI(
            azure_endpoint=provider_url.removesuffix("/v1"),
            api_key="key",
            api_version="2025-03-01-preview",
            azure_deployment="mine",
            model="gpt-4o",
            use_responses_api=responses,
        )
        assert model.invoke("Hello").text
        assert model.with_structured_output(Person).invoke(SAID) == JASON


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
@pytest.mark.parametrize("responses", [False, True])
def test_langchain_structures_output_in_every_way(method: str, responses: bool, provider_url: str) -> None:
    lc = import_or_skip("langchain_openai")
    model = lc.ChatOpenAI(base_url=provider_url, api_key="key", model="gpt-4o", use_responses_api=responses)
    asked = f"{SAID}. Answer as json with keys 'name' and 'age'"
    structured = model.with_structured_output(Person, method=method)
    assert structured.invoke(asked) == JASON
    assert list(structured.stream(asked))[-1] == JASON
