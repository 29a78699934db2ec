"""Training coach: remembers what each member said."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

prompt = ChatPromptTemplate.from_messages(
    [
        ("system", "You are a strength coach. Be brief."),
        MessagesPlaceholder("past"),
        ("human", "{text}"),
    ]
)
coach = prompt | ChatOpenAI(model="gpt-4o-mini", timeout=120)


class Members:
    def __init__(self) -> None:
        self._histories: dict[str, InMemoryChatMessageHistory] = {}

    def history(self, member: str) -> InMemoryChatMessageHistory:
        return self._histories.setdefault(member, InMemoryChatMessageHistory())


class Message(BaseModel):
    member: str
    text: str


app = FastAPI()
app.state.members = Members()


def members(request: Request) -> Members:
    return request.app.state.members


@app.post("/coach")
async def talk(message: Message, members: Annotated[Members, Depends(members)]) -> dict[str, str]:
    history = members.history(message.member)
    reply = await coach.ainvoke({"past": history.messages, "text": message.text})
    history.add_messages([HumanMessage(message.text), AIMessage(str(reply.content))])
    return {"reply": str(reply.content)}
