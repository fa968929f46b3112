"""LiteLLM: a completion whole and streamed, and an embedding."""

import json
import os
import sys
from urllib.request import Request, urlopen

sys.path.pop(0)  # this file's own name must not hide the library
from litellm import completion, embedding

base = os.environ.get("CITEWELL_URL", "http://127.0.0.1:8000") + "/v1"
token = os.environ["CITEWELL_TOKEN"]
models = json.load(urlopen(Request(f"{base}/models", headers={"Authorization": f"Bearer {token}"})))["data"]
how = {
    "model": f"openai/{models[0]['id']}",
    "api_base": base,
    "api_key": token,
    "messages": [{"role": "user", "content": sys.argv[1]}],
}
whole = completion(**how).choices[0].message.content
streamed = "".join(piece.choices[0].delta.content or "" for piece in completion(**how, stream=True))
assert whole == streamed, "the stream says something else"
vector = embedding(model="openai/citewell", input=["text"], api_base=base, api_key=token).data[0]["embedding"]
assert len(vector) > 100
print(f"answered, {'with' if '/reference/' in whole else 'without'} links, streamed the same, embedded")
