"""Field engineers' agent: reads sensors until it knows what is wrong."""

import asyncio
import random

from langchain.agents import create_agent
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


class SensorQuery(BaseModel):
    sensor: str = Field(description="name of the sensor")


class ReadSensor(BaseTool):
    name: str = "read_sensor"
    description: str = "Read a sensor of the pump; may be read again if unclear."
    args_schema: type[BaseModel] = SensorQuery

    def _run(self, sensor: str) -> str:
        return f"{sensor}: {random.uniform(2.0, 2.4):.2f} bar, reading unsettled"

    async def _arun(self, sensor: str) -> str:
        await asyncio.sleep(0.02)
        return self._run(sensor)


class Workshop:
    def __init__(self, model_name="gpt-4o-mini"):
        self.model = ChatOpenAI(model=model_name, temperature=0)

    def engineer(self):
        agent = create_agent(
            self.model,
            tools=[ReadSensor()],
            system_prompt="Find the fault. Read sensors again until the reading is settled.",
        )
        return agent.with_config(recursion_limit=100, run_name="engineer")


engineer = Workshop().engineer()
