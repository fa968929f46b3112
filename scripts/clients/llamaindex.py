"""LlamaIndex: OpenAILike, whole and streamed."""

import json
import os
import sys
from urllib.request import Request, urlopen

from llama_index.llms.openai_like import OpenAILike

base = os.environ.get("CITEWELL_URL", "http://127.0.0.1:8000") + "/v1"
token = os.environ["CITEWELL_TOKEN"]
models = json.load(urlopen(Request(f"{base}/models", headers={"Authorization": f"Bearer {token}"})))["data"]
llm = OpenAILike(api_base=base, api_key=token, model=models[0]["id"], is_chat_model=True)
whole = llm.complete(sys.argv[1]).text
*_, last = llm.stream_complete(sys.argv[1])
assert last.text == whole, "the stream says something else"
print(f"answered, {'with' if '/reference/' in whole else 'without'} links, streamed the same")
