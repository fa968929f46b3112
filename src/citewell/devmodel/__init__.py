"""The scripted model server: a stand-in for OpenAI-compatible and Anthropic servers, for tests, demos and load.

How it behaves is chosen by the model's name, for example `paced:tokens=500,rate=50`; see `behaviour.py` for all names.
It works without a key, and it answers nonsense.
"""

from citewell.devmodel.record import Exchange, Recorder
from citewell.devmodel.server import create_app, run, serving

__all__ = ["Exchange", "Recorder", "create_app", "run", "serving"]
