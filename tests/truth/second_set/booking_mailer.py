"""Travel bookings: the confirmation is written by the model, and mailed after the answer."""

import smtplib
import time
from email.message import EmailMessage

from fastapi import BackgroundTasks, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

confirm = (
    ChatPromptTemplate.from_template("Confirm the trip to {city} for {name} in three sentences.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


class Mailer:
    """The relay greets slowly, to keep spammers away."""

    def __init__(self, greeting_s: float) -> None:
        self.greeting_s = greeting_s
        self.sent = 0

    def send(self, message: EmailMessage) -> None:
        if not message["To"]:
            raise smtplib.SMTPRecipientsRefused({})
        time.sleep(self.greeting_s)
        self.sent += 1


class Booking(BaseModel):
    name: str
    city: str


mailer = Mailer(greeting_s=2.0)
app = FastAPI()


def mail(booking: Booking, text: str) -> None:
    message = EmailMessage()
    message["To"] = f"{booking.name}@example.org"
    message.set_content(text)
    mailer.send(message)


@app.post("/book")
def book(booking: Booking, background: BackgroundTasks) -> dict[str, str]:
    text = confirm.invoke(booking.model_dump())
    background.add_task(mail, booking, text)
    return {"confirmation": text}
